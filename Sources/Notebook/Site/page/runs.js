// Runs: curves of the trainings, seeds laid over each other; settings with their origins; time by phase.
'use strict';

repro.views.runs = (() => {
  const { el, words, link, go, plots } = repro;
  const charts = [
    ['reward', 'Reward'], ['reward_deviation', 'Reward, spread within a step'], ['kl', 'KL to the base'], ['entropy', 'Entropy'], ['completion_length', 'Completion length, tokens'],
    ['zero_advantage_share', 'Groups all alike, share'], ['gradient_norm', 'Gradient norm'], ['loss', 'Loss'],
    ['truncated_share', 'Completions cut, share'], ['clip_share', 'Ratios clipped, share'], ['learning_rate', 'Learning rate'],
  ];
  const main = ['reward', 'reward_deviation', 'kl', 'entropy', 'completion_length', 'zero_advantage_share', 'gradient_norm', 'loss', 'truncated_share'];
  /** With more curves than this their bands would hide each other. */
  const bands = 3;
  let drawing = 0;

  /** Trainings of a result by recipe, each with its seeds. */
  function recipes(place) {
    const groups = new Map();
    repro.index().training.forEach((training, number) => {
      if (!training.results.includes(place)) return;
      if (!groups.has(training.run)) groups.set(training.run, []);
      groups.get(training.run).push({ ...training, number });
    });
    return groups;
  }

  function settings(result) {
    if (!result.settings.length) return el('p', { class: 'note' }, 'No settings are recorded.');
    const sections = new Map();
    for (const [path, value, origin] of result.settings) {
      const [section, name] = path.split(/\.(.*)/s);
      if (!sections.has(section)) sections.set(section, []);
      sections.get(section).push([name || section, value, origin]);
    }
    return el('div', { class: 'wide', tabindex: '0', role: 'region', 'aria-label': 'Settings' }, el('table', { class: 'settings' },
      el('thead', {}, el('tr', {}, ['Setting', 'Value', 'Origin'].map(title => el('th', { scope: 'col' }, title)))),
      [...sections].map(([section, rows]) => el('tbody', {}, el('tr', {}, el('th', { colspan: 3, scope: 'rowgroup' }, words(section))),
        rows.map(([name, value, origin]) => el('tr', {}, el('th', { scope: 'row' }, words(name)), el('td', {}, words(value)),
          el('td', { class: origin.startsWith('assumed') ? 'origin assumed' : 'origin' }, words(origin))))))));
  }

  function times(result) {
    if (!result.times.length) return el('p', { class: 'note' }, 'Times are noted beside a run on the machine that made it (machine/timings.json); none are here.');
    const longest = Math.max(...result.times.map(([, seconds]) => seconds), 1e-9);
    const total = result.times.reduce((sum, [, seconds]) => sum + seconds, 0);
    return [el('p', { class: 'note' }, 'Together ' + duration(total) + '; what was known already took none.'),
      el('table', { class: 'times' }, el('tbody', {}, result.times.map(([job, seconds]) => {
        const bar = el('span', { class: 'bar' });
        bar.style.inlineSize = (100 * seconds / longest).toFixed(1) + '%';
        return el('tr', {}, el('th', { scope: 'row' }, words(job)), el('td', { class: 'amount' }, duration(seconds)), el('td', { class: 'bar-cell' }, bar));
      })))];
  }

  function duration(seconds) {
    if (seconds < 60) return seconds.toFixed(1) + ' s';
    const minutes = Math.round(seconds / 60);
    return minutes < 60 ? minutes + ' min' : Math.floor(minutes / 60) + ' h ' + String(minutes % 60).padStart(2, '0') + ' min';
  }

  async function draw(holder, chosen, window) {
    const turn = ++drawing;
    const loaded = await Promise.all(chosen.map(one => repro.load('training-' + one.number, `data/training-${one.number}.js`)));
    if (turn !== drawing) return;
    const keys = new Set(loaded.flatMap(curves => Object.keys(curves)));
    const rest = [...keys].filter(key => !charts.some(([known]) => known === key) && !['prompt_tokens', 'completion_tokens', 'ratio'].includes(key));
    const figure = ([key, title]) => {
      const series = chosen.map((one, place) => ({ one, curves: loaded[place] })).filter(({ curves }) => curves[key]).map(({ one, curves }) => ({
        name: one.name, colour: 'c' + one.colour, values: plots.smooth(curves[key], window),
        spread: key === 'reward' && curves.reward_deviation && chosen.length <= bands ? plots.smooth(curves.reward_deviation, window) : null,
      }));
      if (!series.length) return null;
      const ends = series.map(one => `${one.name} from ${plots.short(one.values[0])} to ${plots.short(one.values[one.values.length - 1])}`).join('; ');
      return plots.lines(series, title, title + ' over steps: ' + ends);
    };
    const first = charts.filter(([key]) => main.includes(key)).map(figure).filter(Boolean);
    const more = [...charts.filter(([key]) => !main.includes(key)), ...rest.map(key => [key, key])].map(figure).filter(Boolean);
    holder.replaceChildren(el('div', { class: 'charts' }, first),
      more.length ? el('details', { class: 'notes' }, el('summary', {}, 'More curves'), el('div', { class: 'charts' }, more)) : '');
  }

  function show(view, parameters) {
    const { results } = repro.index();
    const place = Math.max(0, results.findIndex(result => result.name === parameters.result));
    const result = results[place];
    const groups = recipes(place);
    const names = [...groups.keys()];
    const wanted = parameters.trainings === undefined ? names : parameters.trainings.split(',');
    const window = Math.max(1, Number(parameters.window) || 15);
    const move = change => go('runs', { ...parameters, result: result.name, ...change }, true);
    const seeds = [...new Set([...groups.values()].flat().map(one => one.seed))].sort((a, b) => a - b);
    const seed = parameters.seed ?? '';
    const toggles = names.map((name, number) => el('label', { class: 'toggle c' + number % 8 },
      el('input', {
        type: 'checkbox', checked: wanted.includes(name),
        onchange: event => move({ trainings: names.filter(other => other === name ? event.target.checked : wanted.includes(other)).join(',') || ' ' }),
      }), el('span', { class: 'swatch' }), words(name), el('span', { class: 'note' }, ' ' + repro.many(groups.get(name).length, 'seed'))));
    const chosen = names.flatMap((name, number) => wanted.includes(name)
      ? groups.get(name).filter(one => seed === '' || String(one.seed) === seed).map(one => ({ ...one, colour: number % 8 })) : []);
    const holder = el('div', { class: 'chart-holder' }, el('p', { class: 'note' }, chosen.length ? 'Reading…' : 'No training is chosen.'));
    view.replaceChildren(
      el('header', { class: 'head' }, el('h1', {}, words(result.title)),
        el('div', { class: 'row' },
          repro.choice('Result', 'result', results.map(one => [one.name, one.name]), result.name, value => go('runs', { result: value })),
          seeds.length > 1 ? repro.choice('Seed', 'seed', [['', 'all, laid over'], ...seeds.map(one => [String(one), 'seed ' + one])], seed, value => move({ seed: value })) : null,
          names.length ? repro.choice('Smoothing', 'window', [['1', 'none'], ['5', '5 steps'], ['15', '15 steps'], ['50', '50 steps']], String(window), value => move({ window: value })) : null)),
      names.length ? el('fieldset', { class: 'toggles' }, el('legend', {}, 'Trainings'), toggles) : el('p', { class: 'note' }, 'Nothing was trained in this result.'),
      holder,
      el('section', {}, el('h2', {}, 'Settings'),
        el('p', { class: 'note' }, words(result.name), result.facts.map(([name, value]) => [' · ' + name + ' ', words(value)])), settings(result)),
      el('section', {}, el('h2', {}, 'Time by phase'), times(result)),
      el('p', { class: 'note' }, el('a', { href: link('compare', { a: result.name }) }, 'Compare with another result')));
    if (chosen.length) draw(holder, chosen, window); else drawing++;
  }

  return { show };
})();
