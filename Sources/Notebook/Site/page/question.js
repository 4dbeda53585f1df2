// One question: the clip, what a model hears of it, the words, and what every run said.
'use strict';

repro.question = (() => {
  const { el, words, longWords, link, percent } = repro;
  const digits = new Map([...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'].map((digit, value) => [digit, value]));
  let player = null;
  let shownAt = '';
  let frame = 0;

  /** Dark to bright, as even to the eye as a few stops give. */
  const stops = [[8, 6, 26], [45, 24, 92], [112, 38, 116], [184, 55, 98], [232, 100, 66], [250, 171, 73], [252, 246, 190]];
  const palette = Array.from({ length: 64 }, (_, level) => {
    const at = level / 63 * (stops.length - 1);
    const [low, high] = [stops[Math.floor(at)], stops[Math.min(stops.length - 1, Math.floor(at) + 1)]];
    return low.map((value, channel) => Math.round(value + (high[channel] - value) * (at - Math.floor(at))));
  });

  /** Slaney's mel scale, on which the bands are equally spaced up to 8 kHz. */
  function mel(hertz) { return hertz < 1000 ? hertz * 3 / 200 : 15 + Math.log(hertz / 1000) / (Math.log(6.4) / 27); }

  function draw(data, audio) {
    const { bands, frames, values, seconds } = data;
    const canvas = el('canvas', {
      width: frames, height: bands, class: 'mel', role: 'img',
      'aria-label': `Log-mel spectrogram: ${bands} bands, ${frames} frames of 10 milliseconds, values from ${data.low} to ${data.high}`,
    });
    const pen = canvas.getContext('2d');
    const image = pen.createImageData(frames, bands);
    for (let t = 0; t < frames; t++) {
      for (let band = 0; band < bands; band++) {
        const colour = palette[digits.get(values[t * bands + band])];
        const at = 4 * ((bands - 1 - band) * frames + t);
        image.data[at] = colour[0]; image.data[at + 1] = colour[1]; image.data[at + 2] = colour[2]; image.data[at + 3] = 255;
      }
    }
    pen.putImageData(image, 0, 0);
    const head = el('div', { class: 'playhead' });
    const grid = el('div', { class: 'grid-lines', 'aria-hidden': 'true' });
    const tokens = Math.floor((frames + 1) / 2);
    // The tower halves the frames twice: an audio token every four of them, 40 ms.
    const cell = 4 / frames * 100;
    grid.style.backgroundSize = cell + '% 100%';
    const top = mel(8000);
    const bandLabels = [500, 1000, 2000, 4000].map(hertz => {
      const label = el('span', { class: 'hertz' }, hertz < 1000 ? hertz + ' Hz' : hertz / 1000 + ' kHz');
      label.style.insetBlockEnd = 100 * mel(hertz) / top + '%';
      return label;
    });
    const marks = [];
    const step = [0.25, 0.5, 1, 2, 5, 10, 30, 60].find(one => frames / 100 / one <= 8) || 60;
    for (let at = 0; at <= frames / 100 + 1e-9; at += step) {
      const mark = el('span', { class: 'tick' }, at + ' s');
      mark.style.insetInlineStart = at * 10000 / frames + '%';
      marks.push(mark);
    }
    const box = el('div', { class: 'mel-box' }, canvas, grid, head, bandLabels);
    box.addEventListener('click', event => {
      if (!audio) return;
      const place = box.getBoundingClientRect();
      audio.currentTime = Math.max(0, (event.clientX - place.left) / place.width * frames / 100);
      move();
    });
    function move() { head.style.insetInlineStart = Math.min(100, audio.currentTime * 10000 / frames) + '%'; }
    function follow() { move(); if (audio && !audio.paused) frame = requestAnimationFrame(follow); }
    if (audio) {
      audio.addEventListener('play', () => { cancelAnimationFrame(frame); follow(); });
      audio.addEventListener('timeupdate', move);
    }
    return el('figure', { class: 'heard' }, box, el('div', { class: 'seconds', 'aria-hidden': 'true' }, marks),
      el('figcaption', {}, `What a model hears: log-mel, ${bands} bands by ${frames} frames of 10 ms; a column of the grid is an audio token of the tower, 40 ms. `
        + `Values ${data.low} to ${data.high} in 64 steps. Source: ${data.rate} Hz, ${data.channels === 1 ? 'mono' : data.channels + ' channels'}, ${seconds.toFixed(2)} s.`));
  }

  function clip(state, q) {
    const { data, number } = state;
    const shown = data.clips[q];
    if (!shown) return el('p', { class: 'note silence' }, 'No clip: ' + (data.silence || 'it was not at hand when this site was written') + '.');
    const box = el('div', { class: 'clip' });
    player = null;
    if (shown.file) {
      player = el('audio', { controls: true, preload: 'metadata', src: shown.file, 'aria-label': 'Clip of the question' });
      const silent = el('p', { class: 'note' });
      player.addEventListener('error', () => silent.replaceChildren('This browser cannot play it: ', el('a', { href: shown.file, download: true }, 'the file'), '.'));
      box.append(player, silent);
    }
    if (shown.fault) box.append(el('p', { class: 'note' }, 'The models could not hear it: ', words(shown.fault), '.'));
    if (shown.mel) {
      const own = player;
      const holder = el('div', { class: 'mel-holder' });
      box.append(holder);
      repro.load(`mel-${number}-${q}`, shown.mel).then(data => holder.replaceChildren(draw(data, own)))
        .catch(() => holder.replaceChildren(el('p', { class: 'note' }, 'The log-mel cannot be read.')));
    }
    return box;
  }

  function choices(state, q, runs) {
    const { data } = state;
    if (!data.choices[q].length) return el('p', {}, el('span', { class: 'note' }, 'Answer '), data.words[data.answer[q]] ? longWords(data.words[data.answer[q]]) : 'withheld');
    const answer = data.answer[q];
    const total = runs.filter(run => data.runs[run].said[q] >= 0).length;
    return el('ol', { class: 'choices' }, data.choices[q].map(place => {
      const said = runs.filter(run => data.runs[run].said[q] === place).length;
      const bar = el('span', { class: 'bar' });
      bar.style.inlineSize = (total ? 100 * said / total : 0) + '%';
      return el('li', { class: place === answer ? 'is-answer' : '' }, el('span', { class: 'choice' }, longWords(data.words[place]),
        place === answer ? el('span', { class: 'tag' }, 'answer') : null),
        el('span', { class: 'said', title: 'runs that said exactly this' }, el('span', { class: 'visually-hidden' }, 'said by '), `${said} of ${total}`), el('span', { class: 'track' }, bar));
    }));
  }

  const signs = { 49: ['right', '●', 'right'], 48: ['wrong', '○', 'wrong'], 45: ['unscored', '–', 'not scored'] };

  function answers(state, q, runs) {
    const { data, set, verdict } = state;
    const rows = runs.filter(run => data.runs[run].said[q] >= 0).map(run => {
      const [name, sign, text] = signs[verdict[run][q]] || signs[45];
      const one = set.runs[run];
      return el('tr', { class: name }, el('td', { class: 'sign' }, el('span', { 'aria-hidden': 'true' }, sign), el('span', { class: 'visually-hidden' }, text)),
        el('th', { scope: 'row' }, words(repro.recipe(one)), el('span', { class: 'note' }, ' ' + repro.asked(one))),
        el('td', { class: 'said-words' }, data.words[data.runs[run].said[q]] ? longWords(data.words[data.runs[run].said[q]]) : el('span', { class: 'note' }, 'nothing'),
          data.runs[run].cut.includes(q) ? el('span', { class: 'tag' }, 'cut') : null));
    });
    return el('section', {}, el('h3', {}, 'What the runs said'), el('table', { class: 'answers' }, el('colgroup', {}, el('col', {}), el('col', {}), el('col', {})),
      el('thead', { class: 'visually-hidden' }, el('tr', {}, ['Verdict', 'Run', 'Words'].map(title => el('th', { scope: 'col' }, title)))), el('tbody', {}, rows)));
  }

  /** What each run gave the choices, where its predictions hold that: shares of one, of the choices alone. */
  function probabilities(state, q, runs) {
    const { data, set } = state;
    const places = data.choices[q];
    const known = runs.filter(run => data.runs[run].weights && data.runs[run].weights[q] && data.runs[run].weights[q].length === places.length);
    if (!known.length) return null;
    const rows = known.map(run => {
      const logs = data.runs[run].weights[q].map(value => value === null ? -Infinity : value);
      const top = Math.max(...logs);
      const parts = logs.map(log => Math.exp(log - top));
      const sum = parts.reduce((all, part) => all + part, 0);
      return el('tr', {}, el('th', { scope: 'row' }, words(repro.recipe(set.runs[run])), el('span', { class: 'note' }, ' ' + repro.asked(set.runs[run]))),
        parts.map((part, place) => el('td', { class: places[place] === data.answer[q] ? 'is-answer' : '', title: 'log p ' + logs[place] }, percent(part, sum))));
    });
    return el('section', {}, el('h3', {}, 'Probabilities of the choices, %'),
      el('div', { class: 'wide', tabindex: '0', role: 'region', 'aria-label': 'Probabilities of the choices' }, el('table', { class: 'results probabilities' },
        el('thead', {}, el('tr', {}, el('th', { class: 'label', scope: 'col' }, 'Run'), places.map(place => el('th', { scope: 'col' }, longWords(data.words[place], 40))))),
        el('tbody', {}, rows))),
      el('p', { class: 'note' }, 'Of each choice as the whole answer, end token included, and of the choices alone: together 100.'));
  }

  /** The prompts that were sent, each once, with the runs that got it. */
  function prompts(state, q, runs) {
    const { data, set } = state;
    const sent = new Map();
    for (const run of runs) {
      const place = data.runs[run].prompt;
      if (place === null || data.runs[run].said[q] < 0) continue;
      const prompt = data.prompts[place];
      const user = data.user[prompt.user][q];
      if (user < 0) continue;
      if (!sent.has(place)) sent.set(place, { text: prompt.before + data.words[user] + prompt.after, runs: [] });
      sent.get(place).runs.push(set.runs[run]);
    }
    if (!sent.size) return el('details', { class: 'prompt' }, el('summary', {}, 'Prompt as sent'), el('p', { class: 'note' }, 'It cannot be shown: the question’s words were not at hand, or the template is not the one that was recorded.'));
    return el('details', { class: 'prompt' }, el('summary', {}, 'Prompt as sent'), [...sent.values()].map(({ text, runs }) =>
      el('div', {}, el('p', { class: 'note' }, [...new Set(runs.map(run => run.model + (run.audio ? ' with audio' : ' without audio')))].join(', ')),
        el('pre', { tabindex: '0' }, words(text)))));
  }

  function show(holder, state, q, parameters) {
    const key = state.number + ' ' + q + ' ' + state.shown.runs.join(',');
    if (q < 0) {
      stop();
      shownAt = '';
      holder.classList.add('empty');
      holder.replaceChildren(el('p', { class: 'note' }, parameters.q === undefined ? 'Choose a question: its clip, its log-mel and every answer are shown here.' : 'There is no question of that name in this set.'));
      return;
    }
    if (shownAt === key && holder.childElementCount > 1) return;
    stop();
    shownAt = key;
    holder.classList.remove('empty');
    const { data, right, asked } = state;
    const runs = state.shown.runs;
    const { q: _, ...rest } = parameters;
    const facts = [data.category, data.difficulty].map(column => data.words[column[q]]).filter(Boolean);
    if (data.kind[q] >= 0 && data.words[data.kind[q]]) facts.push(data.words[data.kind[q]]);
    holder.replaceChildren(
      el('p', { class: 'back' }, el('a', { href: link('questions', rest) }, '← All questions')),
      el('p', { class: 'facts' }, words(data.id[q], { class: 'id' }), words(facts.join(' · ')),
        asked[q] ? el('span', {}, `${right[q]} of ${asked[q]} runs right`) : null, data.chance[q] !== null ? el('span', {}, `chance ${percent(data.chance[q], 1, 0)} %`) : null),
      el('h2', { class: 'asked' }, data.question[q] >= 0 ? longWords(data.words[data.question[q]]) : 'The question’s words were not at hand'),
      clip(state, q), choices(state, q, runs), answers(state, q, runs),
      probabilities(state, q, runs) || '', prompts(state, q, runs));
    holder.scrollTop = 0;
  }

  function play() {
    if (!player) return false;
    if (player.paused) player.play(); else player.pause();
    return true;
  }

  function stop() {
    cancelAnimationFrame(frame);
    if (player) player.pause();
    player = null;
    shownAt = '';
  }

  return { show, play, stop };
})();
