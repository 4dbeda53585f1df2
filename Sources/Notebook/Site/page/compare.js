// Two results side by side: the cells that both have, with the paired test, and the settings in which they differ.
'use strict';

repro.views.compare = (() => {
  const { el, words, link, go, percent, probability, mcNemar, points } = repro;

  async function rows(first, second) {
    const { sets } = repro.index();
    const names = Object.keys(first.cells).filter(name => name in second.cells);
    const needed = new Set(names.flatMap(name => [first.cells[name][0], second.cells[name][0]]));
    const data = new Map();
    await Promise.all([...needed].map(async number => data.set(number, await repro.load('set-' + number, `data/set-${number}.js`))));
    const list = names.map(name => {
      const [[s, r], [t, q]] = [first.cells[name], second.cells[name]];
      const [a, b] = [sets[s].runs[r], sets[t].runs[q]];
      const counts = { both: 0, first: 0, second: 0, neither: 0 };
      let paired = a.n === b.n && a.n > 0;
      if (paired) {
        const others = new Map(data.get(t).id.map((id, place) => [id, place]));
        const [v, w] = [data.get(s).runs[r].verdicts, data.get(t).runs[q].verdicts];
        for (let place = 0; place < v.length; place++) {
          if (v[place] !== '0' && v[place] !== '1') continue;
          const other = w[others.get(data.get(s).id[place])];
          if (other !== '0' && other !== '1') { paired = false; break; }
          counts[v[place] === '1' ? (other === '1' ? 'both' : 'first') : other === '1' ? 'second' : 'neither']++;
        }
      }
      const same = s === t;
      const ids = [repro.runIDs(sets[s])[r], repro.runIDs(sets[t])[q]];
      const interval = paired ? repro.pairedInterval(counts) : a.n && b.n ? repro.unpairedInterval(a, b) : null;
      return { name, a, b, ids, set: sets[s], other: sets[t], same, paired, interval, onlyA: counts.first, onlyB: counts.second, isOne: same && r === q };
    });
    // What differs goes first.
    const weight = row => row.paired ? row.onlyA + row.onlyB : Infinity;
    return list.map((row, place) => [row, place]).sort(([x, i], [y, j]) => (weight(y) > weight(x)) - (weight(y) < weight(x)) || i - j).map(([row]) => row);
  }

  function line(row) {
    const difference = row.b.correct / Math.max(1, row.b.n) - row.a.correct / Math.max(1, row.a.n);
    const href = (set, run) => link('questions', { set: set.name, runs: run });
    const flips = row.paired ? `+${row.onlyB} −${row.onlyA}` : 'other questions';
    return el('tr', { class: row.onlyA + row.onlyB || !row.paired ? '' : 'same' },
      el('th', { scope: 'row' }, words(row.name)),
      el('td', {}, row.a.n ? el('a', { href: href(row.set, row.ids[0]) }, percent(row.a.correct, row.a.n)) : 'not scored'),
      el('td', {}, row.b.n ? el('a', { href: href(row.other, row.ids[1]) }, percent(row.b.correct, row.b.n)) : 'not scored'),
      el('td', {}, row.a.n && row.b.n ? points(difference) : ''),
      el('td', { class: 'interval', 'data-low': row.interval && row.interval[0], 'data-high': row.interval && row.interval[1] },
        row.interval ? points(row.interval[0]) + ' to ' + points(row.interval[1]) : '–'),
      el('td', {}, row.paired ? probability(mcNemar(row.onlyA, row.onlyB)) : '–'),
      el('td', {}, row.same && !row.isOne && row.paired ? el('a', { href: link('questions', { set: row.set.name, a: row.ids[0], b: row.ids[1], flip: 'flips' }) }, flips) : flips));
  }

  function show(main, parameters) {
    const { results } = repro.index();
    const names = results.map(result => [result.name, result.name]);
    const first = results.find(result => result.name === parameters.a) || results[0];
    const common = result => Object.keys(first.cells).filter(name => name in result.cells).length;
    const nearest = results.filter(result => result !== first).sort((x, y) => common(y) - common(x))[0];
    const second = results.find(result => result.name === parameters.b) || nearest || first;
    const body = el('div', {}, el('p', { class: 'note' }, 'Reading…'));
    const heading = el('h1', {}, 'Compare two results');
    main.replaceChildren(el('header', { class: 'head' }, heading, el('div', { class: 'row' },
      repro.choice('First', 'first', names, first.name, value => go('compare', { a: value, b: second.name }, true)),
      repro.choice('Second', 'second', names, second.name, value => go('compare', { a: first.name, b: value }, true)))), body);
    if (first === second) {
      body.replaceChildren(el('p', { class: 'note' }, 'This site shows one result; name two, or two versions of one, with repro view.'));
      return;
    }
    rows(first, second).then(list => {
      const [x, y] = [first, second].map(result => new Map(result.settings.map(([path, value]) => [path, value])));
      const paths = [...new Set([...x.keys(), ...y.keys()])].filter(path => x.get(path) !== y.get(path));
      const different = list.filter(row => row.onlyA + row.onlyB || !row.paired).length;
      const missing = (a, b) => Object.keys(a.cells).filter(name => !(name in b.cells)).length;
      body.replaceChildren(
        el('p', { class: 'lead' }, list.length ? `${repro.many(list.length, 'cell')} of both, ${different} of them different; `
          + `${missing(first, second)} only in the first, ${missing(second, first)} only in the second.` : 'The two have no cell in common.'),
        list.length ? el('div', { class: 'wide', tabindex: '0', role: 'region', 'aria-label': 'Scores of both' }, el('table', { class: 'results compare-table' },
          el('thead', {}, el('tr', {}, el('th', { class: 'label', scope: 'col' }, 'Cell'),
            ['First %', 'Second %', 'Difference', '95 % interval', 'p', 'Flips'].map(title => el('th', { scope: 'col' }, title)))),
          el('tbody', {}, list.map(line)))) : '',
        list.length ? el('p', { class: 'note' }, 'Interval: Newcombe’s of the difference, for paired data where both answered the same questions. p: McNemar’s exact test on them. Flips: right in the second only, in the first only.') : '',
        el('h2', {}, 'Settings that differ'),
        paths.length ? el('div', { class: 'wide', tabindex: '0', role: 'region', 'aria-label': 'Settings that differ' }, el('table', { class: 'settings' },
          el('thead', {}, el('tr', {}, ['Setting', 'First', 'Second'].map(title => el('th', { scope: 'col' }, title)))),
          el('tbody', {}, paths.map(path => el('tr', {}, el('th', { scope: 'row' }, words(path)),
            el('td', {}, words(x.get(path) ?? '–')), el('td', {}, words(y.get(path) ?? '–')))))))
          : el('p', { class: 'note' }, 'None.'));
    }).catch(error => body.replaceChildren(el('p', { class: 'note' }, error.message)));
  }

  return { show };
})();
