// Questions: a list that draws only what is in sight, filters over columns, and the flips between two runs.
'use strict';

repro.views.questions = (() => {
  const { el, words, link, go, count, many, probability, mcNemar, runIDs } = repro;
  const height = 60;
  const orders = [['', 'as in the set'], ['disagreement', 'most disagreement first'], ['hard', 'fewest right first'], ['easy', 'most right first']];
  const verdicts = [['', 'any'], ['right', 'every run right'], ['wrong', 'every run wrong'], ['mixed', 'runs disagree'], ['some', 'at least one wrong'], ['unscored', 'not scored']];
  const flipWords = { both: 'both right', first: 'only the first right', second: 'only the second right', neither: 'neither right', flips: 'flips' };
  let state = null;
  let parameters = {};
  const parts = {};

  /** A set's columns, made ready for filters. */
  function prepare(set, data) {
    const number = data.id.length;
    const verdict = data.runs.map(run => {
      const bytes = new Uint8Array(number);
      for (let place = 0; place < number; place++) bytes[place] = run.verdicts.charCodeAt(place);
      return bytes;
    });
    const lower = data.words.map(text => text.length > 2000 ? text.slice(0, 2000).toLowerCase() : text.toLowerCase());
    return { set, data, verdict, lower, ids: runIDs(set), right: new Uint16Array(number), asked: new Uint16Array(number), weight: new Float64Array(number) };
  }

  /** The runs that filters speak of. */
  function consideredRuns() {
    const { set, ids } = state;
    const chosen = parameters.runs ? new Set(parameters.runs.split(',')) : null;
    return set.runs.map((run, place) => place).filter(place => {
      const run = set.runs[place];
      return (!chosen || chosen.has(ids[place])) && (!parameters.audio || (parameters.audio === 'with') === run.audio)
        && (!parameters.seed || String(run.seed) === parameters.seed) && (!parameters.decoding || run.decoding === parameters.decoding);
    });
  }

  /** Places of questions that the search finds: in their words, choices, ids, or what a run said. */
  function searched(runs) {
    const wanted = (parameters.search || '').trim().toLowerCase();
    if (!wanted) return null;
    const { data, lower } = state;
    const hit = new Uint8Array(lower.length);
    lower.forEach((text, place) => { if (text.includes(wanted)) hit[place] = 1; });
    const found = new Uint8Array(data.id.length);
    for (let q = 0; q < found.length; q++) {
      if (data.id[q].toLowerCase().includes(wanted) || hit[data.answer[q]] || (data.question[q] >= 0 && hit[data.question[q]])) { found[q] = 1; continue; }
      if (data.choices[q].some(place => hit[place]) || runs.some(run => data.runs[run].said[q] >= 0 && hit[data.runs[run].said[q]])) found[q] = 1;
    }
    return found;
  }

  const same = (category, wanted) => category === wanted || category.replace(/-/g, '_') === wanted;

  /** The questions in their order, and the four counts of the flips. */
  function filter() {
    const { data, verdict, right, asked, weight } = state;
    const runs = consideredRuns();
    const found = searched(runs);
    const number = data.id.length;
    right.fill(0); asked.fill(0);
    for (const run of runs) {
      const own = verdict[run];
      for (let q = 0; q < number; q++) { if (own[q] === 49) { right[q]++; asked[q]++; } else if (own[q] === 48) asked[q]++; }
    }
    const [a, b] = [parameters.a, parameters.b].map(id => state.ids.indexOf(id));
    const pair = a >= 0 && b >= 0 ? [verdict[a], verdict[b]] : null;
    const counts = { both: 0, first: 0, second: 0, neither: 0 };
    const list = [];
    for (let q = 0; q < number; q++) {
      if (found && !found[q]) continue;
      if (parameters.category && !same(data.words[data.category[q]], parameters.category)) continue;
      if (parameters.difficulty && data.words[data.difficulty[q]] !== parameters.difficulty) continue;
      switch (parameters.verdict) {
        case 'right': if (!asked[q] || right[q] !== asked[q]) continue; break;
        case 'wrong': if (!asked[q] || right[q] > 0) continue; break;
        case 'mixed': if (right[q] === 0 || right[q] === asked[q]) continue; break;
        case 'some': if (right[q] === asked[q]) continue; break;
        case 'unscored': if (!runs.some(run => verdict[run][q] === 45)) continue; break;
      }
      if (pair) {
        const [x, y] = [pair[0][q], pair[1][q]];
        const isScored = (x === 48 || x === 49) && (y === 48 || y === 49);
        const kind = !isScored ? null : x === 49 ? (y === 49 ? 'both' : 'first') : y === 49 ? 'second' : 'neither';
        if (kind) counts[kind]++;
        if (parameters.flip === 'flips' ? kind !== 'first' && kind !== 'second' : parameters.flip && kind !== parameters.flip) continue;
      }
      list.push(q);
    }
    if (parameters.order === 'disagreement') {
      // How evenly right and wrong are split goes first, then how many different answers there are.
      const stamp = new Int32Array(data.words.length).fill(-1);
      const columns = runs.map(run => data.runs[run].said);
      for (const q of list) {
        let different = 0;
        for (const said of columns) {
          const place = said[q];
          if (place >= 0 && stamp[place] !== q) { stamp[place] = q; different++; }
        }
        weight[q] = Math.min(right[q], asked[q] - right[q]) / Math.max(1, asked[q]) * 65536 + different;
      }
      list.sort((x, y) => weight[y] - weight[x] || x - y);
    } else if (parameters.order === 'hard' || parameters.order === 'easy') {
      const sign = parameters.order === 'hard' ? 1 : -1;
      const share = q => asked[q] ? right[q] / asked[q] : 2;
      list.sort((x, y) => sign * (share(x) - share(y)) || x - y);
    }
    return { list, runs, counts, pair: pair ? [a, b] : null };
  }

  const change = (values, quietly = true) => go('questions', { ...parameters, ...values }, quietly);

  function field(name, label, options) {
    return repro.choice(label, name, options, parameters[name] || '', value => change({ [name]: value }));
  }

  function filters() {
    const { set, data, ids } = state;
    const distinct = column => [...new Set(column)].map(place => data.words[place]).filter(Boolean).sort();
    const option = value => [value, value];
    const seeds = [...new Set(set.runs.map(run => run.seed).filter(seed => seed !== null))].sort((x, y) => x - y);
    const decodings = [...new Set(set.runs.map(run => run.decoding))];
    const chosen = parameters.runs ? parameters.runs.split(',') : [];
    const names = set.runs.map((run, place) => [ids[place], title(run, ids[place])]);
    const boxes = set.runs.map((run, place) => el('label', { class: 'toggle' }, el('input', {
      type: 'checkbox', checked: chosen.includes(ids[place]),
      onchange: event => change({ runs: event.target.checked ? [...chosen, ids[place]].join(',') : chosen.filter(id => id !== ids[place]).join(',') }),
    }), el('span', {}, words(repro.recipe(run)), el('span', { class: 'note' }, ' ' + repro.asked(run)))));
    return [
      field('category', 'Category', [['', 'all'], ...distinct(data.category).map(name => [parameters.category && same(name, parameters.category) ? parameters.category : name, name])]),
      distinct(data.difficulty).length ? field('difficulty', 'Difficulty', [['', 'all'], ...distinct(data.difficulty).map(option)]) : null,
      field('verdict', 'Right or wrong', verdicts),
      field('audio', 'Asked', [['', 'both ways'], ['with', 'with audio'], ['without', 'without audio']]),
      seeds.length ? field('seed', 'Seed', [['', 'all'], ...seeds.map(seed => [String(seed), 'seed ' + seed])]) : null,
      decodings.length > 1 ? field('decoding', 'Decoding', [['', 'all'], ...decodings.map(option)]) : null,
      el('details', { class: 'run-list', open: chosen.length > 0 },
        el('summary', {}, 'Runs', el('span', { class: 'note' }, chosen.length ? ` ${chosen.length} of ${set.runs.length}` : ` all ${set.runs.length}`)),
        chosen.length ? el('button', { type: 'button', class: 'plain', onclick: () => change({ runs: '' }) }, 'take all') : null, boxes),
      set.runs.length > 1 ? el('div', { class: 'flips' }, el('h2', {}, 'Flips'),
        field('a', 'First', [['', 'choose a run'], ...names]), field('b', 'Second', [['', 'choose a run'], ...names]), parts.square = el('div', {})) : null,
      el('button', { type: 'button', class: 'plain', onclick: () => go('questions', { set: set.name }, true) }, 'Clear all filters'),
    ];
  }

  function title(run, id) { return repro.recipe(run) + ' · ' + repro.asked(run) + (id.includes('@') ? ' · ' + id.split('@')[1] : ''); }

  /** The 2×2 table with its test; each field filters. */
  function square(counts, pair) {
    if (!parts.square) return;
    if (!pair) {
      parts.square.replaceChildren(el('p', { class: 'note' }, 'Two runs give a 2×2 table with McNemar’s exact test.'));
      return;
    }
    const button = kind => el('td', {}, el('button', {
      type: 'button', class: 'count ' + kind, 'aria-pressed': String(parameters.flip === kind), 'aria-label': flipWords[kind] + ': ' + counts[kind],
      'data-flip': kind, onclick: () => change({ flip: parameters.flip === kind ? '' : kind }),
    }, count(counts[kind])));
    const n = counts.both + counts.first + counts.second + counts.neither;
    const difference = n ? (counts.second - counts.first) / n : 0;
    const interval = repro.pairedInterval(counts);
    parts.square.replaceChildren(
      el('table', { class: 'square' },
        el('thead', {}, el('tr', {}, el('td', {}), el('th', { scope: 'col' }, 'second right'), el('th', { scope: 'col' }, 'second wrong'))),
        el('tbody', {}, el('tr', {}, el('th', { scope: 'row' }, 'first right'), button('both'), button('first')),
          el('tr', {}, el('th', { scope: 'row' }, 'first wrong'), button('second'), button('neither')))),
      el('p', { class: 'test' }, 'Second less first ', el('strong', {}, repro.points(difference)), ' points',
        interval ? ', 95 % interval ' + repro.points(interval[0]) + ' to ' + repro.points(interval[1]) + ' (Newcombe, paired)' : '', '; p ',
        el('strong', { 'data-p': String(mcNemar(counts.first, counts.second)) }, probability(mcNemar(counts.first, counts.second))), ' (McNemar, exact) on ' + many(n, 'question') + '.'),
      el('button', { type: 'button', class: 'plain', 'aria-pressed': String(parameters.flip === 'flips'), onclick: () => change({ flip: parameters.flip === 'flips' ? '' : 'flips' }) },
        'Both kinds of flips: ' + count(counts.first + counts.second)));
  }

  /** Draws the rows in sight. */
  function rows() {
    if (!state || !parts.list) return;
    const { list, runs } = state.shown;
    const first = Math.max(0, Math.floor(parts.list.scrollTop / height) - 4);
    const last = Math.min(list.length, first + Math.ceil(parts.list.clientHeight / height) + 8);
    const { data, right, asked } = state;
    const style = getComputedStyle(document.documentElement);
    const colours = { 49: style.getPropertyValue('--right'), 48: style.getPropertyValue('--wrong'), 45: style.getPropertyValue('--line'), 32: 'transparent' };
    const nodes = [];
    for (let place = first; place < last; place++) {
      const q = list[place];
      const width = Math.max(1, Math.min(5, Math.floor(150 / runs.length)));
      const strip = el('canvas', { width: runs.length * width, height: 14, 'aria-hidden': 'true', class: 'strip' });
      const pen = strip.getContext('2d');
      runs.forEach((run, index) => {
        const kind = state.verdict[run][q];
        pen.fillStyle = colours[kind];
        pen.fillRect(index * width, kind === 48 ? 7 : 0, Math.max(1, width - 1), 7);
      });
      const row = el('div', {
        role: 'option', id: 'row-' + q, class: 'row', 'aria-selected': String(q === state.current), 'aria-setsize': list.length, 'aria-posinset': place + 1,
        onclick: () => { state.active = place; change({ q: data.id[q] }, !!parameters.q); },
      }, el('span', { class: 'text' }, data.question[q] >= 0 ? words(data.words[data.question[q]].slice(0, 200)) : words(data.id[q])),
        el('span', { class: 'facts' }, words(data.words[data.answer[q]].slice(0, 60) || 'answer withheld', { class: 'answer' }),
          el('span', {}, [data.category, data.difficulty].map(column => data.words[column[q]]).filter(Boolean).join(' · '))),
        el('span', { class: 'tally' }, strip, el('span', { class: 'share' }, asked[q] ? right[q] + '/' + asked[q] : '–')));
      row.style.insetBlockStart = place * height + 'px';
      nodes.push(row);
    }
    parts.rows.replaceChildren(...nodes);
    parts.rows.style.blockSize = list.length * height + 'px';
    if (state.active < list.length && state.active >= first && state.active < last) parts.list.setAttribute('aria-activedescendant', 'row-' + list[state.active]);
    else parts.list.removeAttribute('aria-activedescendant');
  }

  /** Brings a place of the list into sight. */
  function reveal(place) {
    const top = place * height;
    if (top < parts.list.scrollTop) parts.list.scrollTop = top;
    else if (top + height > parts.list.scrollTop + parts.list.clientHeight) parts.list.scrollTop = top + height - parts.list.clientHeight;
  }

  function walk(step, opens) {
    const { list } = state.shown;
    if (!list.length) return;
    state.active = Math.max(0, Math.min(list.length - 1, state.active + step));
    reveal(state.active);
    if (opens) change({ q: state.data.id[list[state.active]] }, true); else rows();
  }

  function refresh() {
    const begun = performance.now();
    state.shown = filter();
    const { list, runs, counts, pair } = state.shown;
    state.current = parameters.q === undefined ? -1 : state.data.id.indexOf(parameters.q);
    const at = list.indexOf(state.current);
    state.active = at >= 0 ? at : Math.min(state.active, Math.max(0, list.length - 1));
    square(counts, pair);
    const text = `${count(list.length)} of ${many(state.data.id.length, 'question')}, ${many(runs.length, 'run')}`;
    parts.count.textContent = text;
    repro.say(text);
    parts.empty.hidden = list.length > 0;
    parts.list.hidden = list.length === 0;
    if (at >= 0) reveal(at);
    rows();
    repro.filterTime = performance.now() - begun;
    document.getElementById('main').classList.toggle('reading', state.current >= 0);
    repro.question.show(parts.detail, state, state.current, parameters);
  }

  function build(main) {
    const { sets } = repro.index();
    parts.filters = el('div', { class: 'filter-body' });
    parts.rows = el('div', { class: 'rows', role: 'presentation' });
    parts.list = el('div', {
      class: 'list', role: 'listbox', tabindex: '0', 'aria-label': 'Questions', onscroll: () => requestAnimationFrame(rows),
      onkeydown: event => {
        const steps = { ArrowDown: 1, ArrowUp: -1, PageDown: 10, PageUp: -10, Home: -1e9, End: 1e9 };
        if (event.key in steps) { event.preventDefault(); walk(steps[event.key], false); }
        else if (event.key === 'Enter' || event.key === ' ') { event.preventDefault(); walk(0, true); }
      },
    }, parts.rows);
    parts.count = el('p', { class: 'count-line' });
    parts.empty = el('p', { class: 'note', hidden: true }, 'No question passes these filters.');
    parts.detail = el('article', { class: 'detail', 'aria-label': 'Question' });
    let timer = 0;
    parts.search = el('input', {
      type: 'search', id: 'search', placeholder: 'question, choice, answer, id', value: parameters.search || '',
      oninput: () => { clearTimeout(timer); timer = setTimeout(() => change({ search: parts.search.value }), 60); },
    });
    main.replaceChildren(el('h1', { class: 'visually-hidden' }, 'Questions'),
      el('aside', { class: 'filters', 'aria-label': 'Filters' },
        repro.choice('Set', 'set', sets.map(set => [set.name + '/' + set.profile, set.name + (new Set(sets.map(one => one.profile)).size > 1 ? ' · ' + set.profile : '')]),
          state ? state.set.name + '/' + state.set.profile : '', value => {
            const [name, profile] = [value.slice(0, value.lastIndexOf('/')), value.slice(value.lastIndexOf('/') + 1)];
            go('questions', { set: name, profile: isOnly(name) ? '' : profile }, true);
          }), el('details', { class: 'filter-box', open: window.innerWidth > 960 }, el('summary', {}, 'Filters and flips'), parts.filters)),
      el('section', { class: 'middle', 'aria-label': 'List of questions' },
        el('div', { class: 'bar-line' }, el('div', { class: 'field' }, el('label', { for: 'search' }, 'Search'), parts.search),
          repro.choice('Order', 'order', orders, parameters.order || '', value => change({ order: value }))),
        parts.count, parts.empty, parts.list), parts.detail);
    resizer.observe(parts.list);
  }

  const resizer = new ResizeObserver(() => requestAnimationFrame(rows));
  const isOnly = name => repro.index().sets.filter(set => set.name === name).length === 1;
  let shownFilters = '';

  async function show(main, wanted, isNew) {
    const { sets } = repro.index();
    if (!sets.length) { main.replaceChildren(el('h1', {}, 'Questions'), el('p', { class: 'note' }, 'No predictions are in these results.')); return; }
    parameters = wanted;
    const number = Math.max(0, sets.findIndex(set => set.name === wanted.set && (!wanted.profile || set.profile === wanted.profile)));
    if (isNew) main.replaceChildren(el('h1', { class: 'visually-hidden' }, 'Questions'), el('p', { class: 'note' }, 'Reading…'));
    let data;
    try { data = await repro.load('set-' + number, `data/set-${number}.js`); } catch (error) {
      main.replaceChildren(el('h1', {}, 'Questions'), el('p', { class: 'note' }, error.message));
      return;
    }
    if (parameters !== wanted || repro.address().view !== 'questions') return;
    const isOther = !state || state.set !== sets[number];
    if (isOther) state = { ...prepare(sets[number], data), number, active: 0, shown: null, current: -1 };
    if (isNew || isOther || !parts.list || !parts.list.isConnected) { build(main); shownFilters = ''; }
    // Filters are drawn again only when one of them changed, so that the focus stays where it is.
    const { q, search, flip, ...rest } = parameters;
    const now = JSON.stringify(rest);
    if (now !== shownFilters) {
      const focus = document.activeElement && parts.filters.contains(document.activeElement) ? document.activeElement.id : null;
      const isOpen = parts.filters.querySelector('.run-list')?.open;
      const at = parts.filters.querySelector('.run-list')?.scrollTop;
      parts.filters.replaceChildren(...filters().filter(Boolean));
      if (isOpen) { parts.filters.querySelector('.run-list').open = true; parts.filters.querySelector('.run-list').scrollTop = at; }
      if (focus) document.getElementById(focus)?.focus();
      shownFilters = now;
    }
    if (parts.search !== document.activeElement) parts.search.value = parameters.search || '';
    refresh();
  }

  function key(event) {
    if (!state || !state.shown) return false;
    switch (event.key) {
      case 'j': walk(parameters.q === undefined ? 0 : 1, true); return true;
      case 'k': walk(-1, true); return true;
      case '/': parts.search.focus(); return true;
      case 'p': return repro.question.play();
      case 'Escape': {
        if (document.activeElement === parts.search) { parts.list.focus(); return true; }
        if (parameters.q === undefined) return false;
        const { q, ...rest } = parameters;
        go('questions', rest, true);
        parts.list.focus();
        return true;
      }
    }
    return false;
  }

  return { show, key, leave() { shownFilters = ''; repro.question.stop(); } };
})();
