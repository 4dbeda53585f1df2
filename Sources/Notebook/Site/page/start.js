// Shows the view that the address names, and listens for keys.
'use strict';

(() => {
  const { el, link, address } = repro;
  const main = document.getElementById('main');
  const names = [['overview', 'Overview'], ['runs', 'Runs'], ['questions', 'Questions'], ['compare', 'Compare']];
  let current = null;

  const nav = document.getElementById('views');
  const links = new Map(names.map(([view, title]) => [view, el('a', { href: link(view) }, title)]));
  nav.append(...links.values());

  repro.show = () => {
    const { view, parameters } = address();
    const known = repro.views[view] ? view : 'overview';
    for (const [name, anchor] of links) {
      if (name === known) anchor.setAttribute('aria-current', 'page'); else anchor.removeAttribute('aria-current');
    }
    document.title = names.find(([name]) => name === known)[1] + ' – results';
    const shown = repro.views[known];
    if (current !== known) {
      if (current && repro.views[current].leave) repro.views[current].leave();
      main.replaceChildren();
      main.className = known;
      window.scrollTo(0, 0);
    }
    const isNew = current !== known;
    current = known;
    shown.show(main, parameters, isNew);
  };

  const keys = [
    ['1 2 3 4', 'overview, runs, questions, compare'], ['/', 'search questions'], ['j  k', 'next, previous question'],
    ['↑ ↓ ⏎', 'walk the list, open'], ['p', 'play or pause the clip'], ['Esc', 'back to the list'], ['?', 'these keys'],
  ];
  const dialog = el('dialog', { class: 'keys', 'aria-labelledby': 'keys-title' },
    el('h2', { id: 'keys-title' }, 'Keys'),
    el('dl', {}, keys.map(([key, what]) => [el('dt', {}, el('kbd', {}, key)), el('dd', {}, what)])),
    el('button', { type: 'button', onclick: () => dialog.close() }, 'Close'));
  document.body.append(dialog);
  document.getElementById('help').addEventListener('click', () => dialog.showModal());
  document.getElementById('skip').addEventListener('click', event => { event.preventDefault(); main.focus(); });

  document.addEventListener('keydown', event => {
    if (event.ctrlKey || event.metaKey || event.altKey || dialog.open) return;
    const field = event.target.closest('input, select, textarea');
    if (field && event.key !== 'Escape') return;
    const place = '1234'.indexOf(event.key);
    if (event.key.length === 1 && place >= 0) {
      location.hash = link(names[place][0]);
    } else if (event.key === '?') {
      dialog.showModal();
    } else if (repro.views[current].key && repro.views[current].key(event)) {
      event.preventDefault();
    } else if (event.key === '/') {
      event.preventDefault();
      location.hash = link('questions');
      setTimeout(() => { const search = document.getElementById('search'); if (search) search.focus(); }, 50);
    }
  });
  window.addEventListener('hashchange', () => repro.show());
  const versions = repro.index().results.map(result => result.name);
  if (versions.length === 1) nav.after(el('span', { class: 'version' }, repro.words(versions[0])));
  repro.show();
  repro.firstView = performance.now();
})();
