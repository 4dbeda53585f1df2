// Overview: each table, measured beside published; the interval plot; verdicts and claims. Every number leads to its questions.
'use strict';

repro.views.overview = (() => {
  const { el, words, link, percent, plots } = repro;
  const short = plots.short;

  /** Where the questions behind a measured cell are listed. */
  function behind(table, column, measured) {
    const { results, sets } = repro.index();
    const places = measured.cells.map(name => results[table.result].cells[name]).filter(Boolean);
    if (!places.length) return null;
    const set = sets[places[0][0]];
    return link('questions', {
      set: set.name, runs: places.map(([, run]) => repro.runIDs(set)[run]).join(','), category: column.category,
    });
  }

  /** The same for evaluation cells known by their names alone, in any of a review's results. */
  function behindNames(review, names) {
    const { results, sets } = repro.index();
    const place = review.results.find(place => names.length && names.every(name => name in results[place].cells));
    if (place === undefined) return null;
    const places = names.map(name => results[place].cells[name]);
    const set = sets[places[0][0]];
    return link('questions', { set: set.name, runs: places.map(([, run]) => repro.runIDs(set)[run]).join(',') });
  }

  function interval([low, high]) { return (100 * low).toFixed(1) + '–' + (100 * high).toFixed(1); }

  function marked(text, mark) {
    return mark === 1 ? el('strong', { title: 'best' }, text) : mark === 2 ? el('u', { title: 'second best' }, text) : text;
  }

  function cell(table, row, column, entry) {
    if (!entry.measured) {
      const published = entry.published === null ? '' : marked(entry.published, entry.publishedMark);
      const lines = [el('span', { class: row.origin === 'reproduction' ? 'small' : 'other' }, published)];
      if (entry.unscored) lines.unshift(el('span', { class: 'small' }, 'submitted, not scored'));
      else if (row.origin === 'reproduction' && entry.published !== null) lines.unshift(el('span', { class: 'absent', title: 'not measured' }, '—'));
      return el('td', {}, lines);
    }
    const measured = entry.measured;
    const href = behind(table, column, measured);
    const number = marked(measured.text, measured.mark);
    const facts = [measured.correct.join(', ') + ' of ' + measured.n + ' right'];
    if (measured.spread) facts.push('seeds from ' + interval(measured.spread).replace('–', ' to '));
    if (entry.verdict) facts.push(entry.verdict + (entry.reason ? ': ' + entry.reason : ''));
    return el('td', {}, href ? el('a', { class: 'number', href, title: facts.join('\n') }, number) : el('span', { class: 'number' }, number),
      measured.interval ? el('span', { class: 'small' }, href ? el('a', { href, tabindex: '-1' }, interval(measured.interval)) : interval(measured.interval)) : null,
      entry.published === null ? null
        : el('span', { class: 'small published', title: 'published' }, el('span', { class: 'visually-hidden' }, 'published '), marked(entry.published, entry.publishedMark)),
      entry.verdict && !['not comparable', 'not measured'].includes(entry.verdict)
        ? el('span', { class: 'verdict ' + entry.verdict.replace(/\W+/g, '-') }, entry.verdict) : null);
  }

  function grid(table) {
    const groups = [];
    for (const column of table.columns) {
      const last = groups[groups.length - 1];
      if (last && last.name === column.group) last.span++; else groups.push({ name: column.group, span: 1 });
    }
    const head = el('thead', {});
    if (groups.some(group => group.name)) {
      head.append(el('tr', { class: 'groups' }, table.labels.map(() => el('td', {})),
        groups.map(group => el('th', { colspan: group.span, scope: 'colgroup' }, group.name))));
    }
    head.append(el('tr', {}, table.labels.map(label => el('th', { scope: 'col', class: 'label' }, label)),
      table.columns.map(column => el('th', { scope: 'col' }, column.label))));
    const body = el('tbody', {});
    let before = null;
    let model = null;
    for (const row of table.rows) {
      const classes = [row.origin];
      if (before !== null && before !== row.section) { classes.push('section'); model = null; }
      before = row.section;
      const labels = row.labels.map((label, place) => {
        const repeated = place === 0 && label === model;
        const text = label === '-' ? '' : words(label);
        const content = repeated ? el('span', { class: 'visually-hidden' }, text) : text;
        return place === 0 ? el('th', { scope: 'row' }, content) : el('td', { class: 'label' }, content);
      });
      model = row.labels[0];
      body.append(el('tr', { class: classes.join(' ') }, labels,
        row.cells.map((entry, place) => cell(table, row, table.columns[place], entry))));
    }
    return el('div', { class: 'wide', tabindex: '0', role: 'region', 'aria-label': called(table) },
      el('table', { class: 'results' }, head, body));
  }

  function plot(table, place) {
    const column = table.columns[place];
    const rows = table.rows.filter(row => row.cells[place].measured && row.cells[place].measured.interval).map(row => {
      const { measured, published } = row.cells[place];
      const label = row.short === row.labels[0] ? row.short : row.labels[0] + ', ' + row.short;
      return {
        label: label.length > 56 ? label.slice(0, 55) + '…' : label, value: measured.value, low: measured.interval[0], high: measured.interval[1],
        seeds: measured.cells.length > 1 ? measured.correct.map(correct => correct / measured.n) : [],
        published: published === null ? null : Number(published), href: behind(table, column, measured) || '#/overview',
        control: row.origin === 'control',
      };
    });
    if (!rows.length) return el('p', { class: 'note' }, 'Nothing was measured in this column.');
    const chances = table.rows.map(row => row.cells[place].measured).filter(Boolean).map(measured => measured.chance).filter(Boolean);
    return plots.intervals(rows, chances[0] || null, name(column) + ', accuracy in percent');
  }

  /** A table's name, told from that of another version's. */
  function called(table) { return table.title + ', ' + repro.index().results[table.result].name; }

  function name(column) { return [column.group, column.label].filter(Boolean).join(' · '); }

  function plotBox(table) {
    const measured = table.columns.map((_, place) => place).filter(place => table.rows.some(row => row.cells[place].measured));
    if (!measured.length) return null;
    const start = measured.find(place => !table.columns[place].category) ?? measured[0];
    const holder = el('div', { class: 'wide', tabindex: '0', role: 'region', 'aria-label': 'Interval plot of ' + called(table) }, plot(table, start));
    return el('div', { class: 'plot-box' },
      el('div', { class: 'plot-head' },
        repro.choice('Column', 'column-' + table.number + '-' + table.result, measured.map(place => [String(place), name(table.columns[place])]),
          String(start), value => holder.replaceChildren(plot(table, Number(value)))),
        el('p', { class: 'legend' }, el('span', { class: 'key-measured' }), 'measured, 95 % interval ', el('span', { class: 'key-seed' }), 'seeds ',
          el('span', { class: 'key-published' }), 'published')),
      holder);
  }

  function tableSection(table) {
    const result = repro.index().results[table.result];
    const split = table.title.indexOf(': ');
    return el('section', { class: 'table' },
      el('h2', {}, split > 0 ? [el('span', { class: 'place' }, table.title.slice(0, split)), ' ', table.title.slice(split + 2)] : table.title),
      el('p', { class: 'version' }, el('a', { href: link('runs', { result: result.name }) }, words(result.name)), el('span', { class: 'reading-key' }, '◇ published · bold best, underlined second of a section')),
      grid(table), plotBox(table),
      el('details', { class: 'notes' }, el('summary', {}, 'Notes'), table.notes.map(note => el('p', {}, words(note)))));
  }

  /** The questions behind a claim: those of each measured cell, and the flips of each pair that is compared. */
  function behindClaim(tables, claim) {
    if (!claim.cells.length) return null;
    const { results, sets } = repro.index();
    const part = ([number, row, column]) => {
      const table = tables.get(number);
      return { table, row: table.rows[row], column: table.columns[column], measured: table.rows[row].cells[column].measured };
    };
    const called = ({ row, column }) => [row.short === row.labels[0] ? row.short : row.labels[0] + ', ' + row.short, name(column)].join(', ');
    const cells = claim.cells.map(part).map(one => ({ ...one, href: behind(one.table, one.column, one.measured) })).filter(one => one.href)
      .map(one => el('li', {}, el('a', { href: one.href }, words(called(one)), ' ', one.measured.text)));
    const flips = claim.pairs.map(pair => pair.map(part)).flatMap(([base, cell]) => {
      const runs = [base, cell].map(one => one.measured.cells.map(own => results[one.table.result].cells[own]).filter(Boolean));
      if (runs.some(list => !list.length) || runs.flat().some(([set]) => set !== runs[0][0][0])) return [];
      const set = sets[runs[0][0][0]];
      const ids = repro.runIDs(set);
      const seeds = runs[1].map(([, run], place) => el('a', {
        href: link('questions', {
          set: set.name, a: ids[(runs[0][place] || runs[0][0])[1]], b: ids[run], flip: 'flips', category: base.column.category,
        }),
      }, runs[1].length > 1 ? 'seed ' + (set.runs[run].seed ?? place + 1) : 'flips'));
      return [el('li', {}, 'Flips from ', words(called(base)), ' to ', words(called(cell)), ': ', seeds.flatMap((link, place) => place ? [' · ', link] : [link]))];
    });
    return cells.length ? el('div', { class: 'behind' }, el('p', {}, 'The questions behind it'), el('ul', {}, cells, flips)) : null;
  }

  const signs = { contradicted: '✗', holds: '✓', 'not seen': '≈', undecided: '?' };

  function claims(review) {
    const tables = new Map(repro.index().tables.filter(table => review.results.includes(table.result)).map(table => [table.number, table]));
    const told = review.claims.filter(claim => claim.told);
    const order = [...new Set([...Object.keys(signs), ...told.map(claim => claim.verdict)])];
    const list = order.flatMap(verdict => told.filter(claim => claim.verdict === verdict)).map(claim =>
      el('li', { class: 'claim ' + claim.verdict.replace(/\W+/g, '-') },
        el('details', {},
          el('summary', {}, el('span', { class: 'sign', 'aria-hidden': 'true' }, signs[claim.verdict] || '·'),
            el('span', { class: 'verdict ' + claim.verdict.replace(/\W+/g, '-') }, claim.verdict), ' ',
            el('span', { class: 'statement' }, words(claim.statement)), ' ', el('span', { class: 'place' }, words(claim.where)),
            el('span', { class: 'telling' }, words(claim.telling))),
          el('ul', { class: 'evidence' }, claim.evidence.map(text => el('li', {}, words(text)))), behindClaim(tables, claim))));
    return el('section', { class: 'claims' }, el('h2', {}, 'Claims'), el('p', { class: 'lead' }, review.summary + '.'),
      review.controls.length ? el('div', { class: 'controls' }, el('h3', {}, 'Format control'),
        el('p', { class: 'note' }, 'Ours, not in the paper: the untrained base, held to the options.'),
        review.controls.map(control => el('div', {}, el('p', {}, words(control.text)),
          el('p', { class: 'behind' }, 'Behind it: ', control.cells.map(cell => {
            const href = behindNames(review, cell.cells);
            return href ? el('a', { href }, words(cell.name), ' ', cell.text) : null;
          }).filter(Boolean).flatMap((link, place) => place ? [' · ', link] : [link]))))) : null,
      el('ul', { class: 'claim-list' }, list),
      review.untold.length ? el('details', { class: 'notes' }, el('summary', {}, 'Claims that were not tested here'),
        review.untold.map(group => el('p', {}, group.reason + ': ', words(group.claims.join(', '))))) : null,
      el('details', { class: 'notes' }, el('summary', {}, 'How claims are decided'), el('p', {}, review.method)));
  }

  /** Results without a published table: what was scored. */
  function scores(result) {
    const { sets } = repro.index();
    const rows = Object.values(result.cells).map(([set, run]) => [sets[set], sets[set].runs[run],
      link('questions', { set: sets[set].name, runs: repro.runIDs(sets[set])[run] })]);
    return el('section', { class: 'table' }, el('h2', {}, words(result.title)), result.name === result.title ? null : el('p', { class: 'version' }, words(result.name)),
      el('div', { class: 'wide', tabindex: '0', role: 'region', 'aria-label': 'Scores' }, el('table', { class: 'results' },
        el('thead', {}, el('tr', {}, ['Run', 'Asked', 'Set'].map(title => el('th', { class: 'label', scope: 'col' }, title)),
          el('th', { scope: 'col' }, 'Right'), el('th', { scope: 'col' }, 'Of'), el('th', { scope: 'col' }, '%'))),
        el('tbody', {}, rows.map(([set, run, href]) => el('tr', {}, el('th', { scope: 'row' }, words(repro.recipe(run))), el('td', { class: 'label' }, repro.asked(run)),
          el('td', { class: 'label' }, set.name),
          [String(run.correct), String(run.n), percent(run.correct, run.n)].map(text => el('td', {}, el('a', { class: 'number', href }, text)))))))));
  }

  function show(main, _, isNew) {
    if (!isNew) return;
    const index = repro.index();
    index.reviews.forEach((review, place) => {
      const tables = index.tables.filter(table => review.results.includes(table.result));
      main.append(el('header', { class: 'head' }, el(place ? 'h2' : 'h1', {}, words(review.paper)), el('p', { class: 'note' }, words(review.source)),
        el('p', { class: 'note' }, el('a', { href: review.report }, 'The report, to read and print'), ': the published tables against arithmetic, claims, plots, settings.'),
        review.scale === 'paper' ? null : el('p', { class: 'lead' }, 'Measured under the ' + review.scale
          + ' profile, another scale than the paper’s: only directions can be compared, never values.'),
        review.departures.map(text => el('p', { class: 'lead' }, words(text)))));
      main.append(...tables.map(tableSection), claims(review));
    });
    const told = new Set(index.tables.map(table => table.result));
    const rest = index.results.filter((_, place) => !told.has(place));
    if (!index.reviews.length) main.append(el('h1', { class: 'visually-hidden' }, 'Results'));
    main.append(...rest.map(scores));
  }

  return { show, short };
})();
