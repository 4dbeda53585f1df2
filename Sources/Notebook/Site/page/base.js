// What every view stands on: elements, data, addresses. Nothing from the data ever becomes markup: texts are text nodes.
'use strict';

const repro = (() => {
  const taken = new Map();
  const waiting = new Map();

  /** Called by the data's own scripts. */
  function take(name, data) {
    taken.set(name, data);
    const wait = waiting.get(name);
    if (wait) wait.resolve(data);
    waiting.delete(name);
  }

  /** The data of a script, loaded once. */
  function load(name, file) {
    if (taken.has(name)) return Promise.resolve(taken.get(name));
    if (waiting.has(name)) return waiting.get(name).promise;
    const wait = {};
    wait.promise = new Promise((resolve, reject) => { wait.resolve = resolve; wait.reject = reject; });
    waiting.set(name, wait);
    const script = document.createElement('script');
    script.src = file;
    script.onerror = () => { waiting.delete(name); wait.reject(new Error(file + ' cannot be read')); };
    document.head.append(script);
    return wait.promise;
  }

  const controls = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;

  /** A text of the data as nodes: marks that would hide or turn it are shown by their numbers. */
  function shown(text) {
    const nodes = [];
    let end = 0;
    for (const match of text.matchAll(controls)) {
      if (match.index > end) nodes.push(document.createTextNode(text.slice(end, match.index)));
      const number = match[0].codePointAt(0).toString(16).toUpperCase().padStart(4, '0');
      nodes.push(el('span', { class: 'codepoint' }, 'U+' + number));
      end = match.index + match[0].length;
    }
    if (end < text.length) nodes.push(document.createTextNode(text.slice(end)));
    return nodes;
  }

  /** Words of the data, apart from the direction of what stands around them. */
  function words(text, attributes = {}) { return el('bdi', attributes, ...shown(text)); }

  /** Words of any length: more than `limit` characters are shown when they are asked for. */
  function longWords(text, limit = 600) {
    if (text.length <= limit) return words(text, { class: 'words' });
    const box = el('span', {}, words(text.slice(0, limit) + '…', { class: 'words' }), ' ');
    box.append(el('button', {
      type: 'button', class: 'plain',
      onclick: () => box.replaceChildren(words(text, { class: 'words' })),
    }, 'all ' + count(text.length) + ' characters'));
    return box;
  }

  /** An element; children are nodes or texts. */
  function el(name, attributes = {}, ...children) {
    return fill(document.createElement(name), attributes, children);
  }

  function svg(name, attributes = {}, ...children) {
    return fill(document.createElementNS('http://www.w3.org/2000/svg', name), attributes, children);
  }

  function fill(node, attributes, children) {
    for (const [key, value] of Object.entries(attributes)) {
      if (value === null || value === undefined || value === false) continue;
      if (key.startsWith('on')) node.addEventListener(key.slice(2), value);
      else if (key === 'value' && 'value' in node) node.value = value;
      else node.setAttribute(key, value === true ? '' : value);
    }
    node.append(...children.flat(9).filter(child => child !== null && child !== undefined && child !== false));
    return node;
  }

  /** A choice of one, labelled. */
  function choice(label, name, options, value, change) {
    const id = 'choice-' + name;
    const list = options.map(([key, text]) => el('option', { value: key, selected: key === value }, text));
    return el('div', { class: 'field' }, el('label', { for: id }, label),
      el('select', { id, onchange: event => change(event.target.value) }, list));
  }

  const index = () => taken.get('index');

  /** The address: `#/questions?set=mmau-mini&q=…`. */
  function address() {
    const text = location.hash.startsWith('#/') ? location.hash.slice(2) : '';
    const [view, query = ''] = text.split(/\?(.*)/s);
    const parameters = {};
    for (const [key, value] of new URLSearchParams(query)) parameters[key] = value;
    return { view: view || 'overview', parameters };
  }

  function link(view, parameters = {}) {
    const query = new URLSearchParams();
    for (const [key, value] of Object.entries(parameters)) {
      if (value !== null && value !== undefined && value !== '') query.set(key, value);
    }
    const text = query.toString();
    return '#/' + view + (text ? '?' + text : '');
  }

  /** Goes to an address; `quietly` without a step to go back to. */
  function go(view, parameters, quietly) {
    const hash = link(view, parameters);
    if (hash === location.hash) return;
    if (quietly) {
      history.replaceState(null, '', hash);
      repro.show();
    } else {
      location.hash = hash;
    }
  }

  function count(value) { return String(value).replace(/\B(?=(\d{3})+$)/g, '\u202f'); }
  function percent(part, whole, digits = 1) { return whole ? (100 * part / whole).toFixed(digits) : '–'; }
  function many(value, noun) { return count(value) + ' ' + noun + (value === 1 ? '' : 's'); }

  /** p as it is printed: two digits, exponents where they are needed. */
  function probability(p) {
    if (p >= 0.9995) return '1';
    if (p < 1e-300) return '< 1e-300';
    return p < 0.001 ? p.toExponential(1) : String(Number(p.toPrecision(2)));
  }

  const logFactorials = [0];
  function logFactorial(n) {
    for (let i = logFactorials.length; i <= n; i++) logFactorials.push(logFactorials[i - 1] + Math.log(i));
    return logFactorials[n];
  }

  /** McNemar's exact test: of the questions that exactly one is right on, as many to either side? */
  function mcNemar(onlyFirst, onlySecond) {
    const n = onlyFirst + onlySecond;
    if (n === 0) return 1;
    let sum = 0;
    for (let k = Math.min(onlyFirst, onlySecond); k >= 0; k--) {
      const term = Math.exp(logFactorial(n) - logFactorial(k) - logFactorial(n - k) - n * Math.LN2);
      sum += term;
      if (term < sum * 1e-17) break;
    }
    return Math.min(1, 2 * sum);
  }

  const z = 1.959963984540054;

  /** Wilson's interval of k right of n, at 95 %. */
  function wilson(k, n) {
    const p = k / n;
    const shrink = 1 + z * z / n;
    const middle = (p + z * z / (2 * n)) / shrink;
    const half = z * Math.sqrt(p * (1 - p) / n + z * z / (4 * n * n)) / shrink;
    return [k <= 0 ? 0 : Math.max(0, middle - half), k >= n ? 1 : Math.min(1, middle + half)];
  }

  /** Newcombe's method 10: k of n less l of m at 95 %, with the correlation of the two where they are paired. */
  function newcombe(k, n, l, m, correlation) {
    const [p, q] = [k / n, l / m];
    const [first, second] = [wilson(k, n), wilson(l, m)];
    const root = (x, y) => Math.sqrt(Math.max(0, x * x - 2 * correlation * x * y + y * y));
    return [p - q - root(p - first[0], second[1] - q), p - q + root(q - second[0], first[1] - p)];
  }

  /** The interval of the second's accuracy less the first's, on the same questions. */
  function pairedInterval({ both, first, second, neither }) {
    const n = both + first + second + neither;
    if (!n) return null;
    const margins = (both + first) * (second + neither) * (both + second) * (first + neither);
    let covariance = both * neither - first * second;
    if (covariance > 0) covariance = Math.max(covariance - n / 2, 0);
    return newcombe(both + second, n, both + first, n, margins > 0 ? covariance / Math.sqrt(margins) : 0);
  }

  /** The same on different questions. */
  function unpairedInterval(a, b) { return newcombe(b.correct, b.n, a.correct, a.n, 0); }

  /** A difference in points, with its sign. */
  function points(value) { return (value > 0 ? '+' : '') + (100 * value).toFixed(1).replace('-', '−'); }

  /** A recipe's name: model and training, as the experiments name it. */
  function recipe(run) { return run.run || (run.training ? run.model + '-' + run.training : run.model); }

  /** Names of a set's runs for addresses: those of one name, of two versions, are told apart by their keys. */
  function runIDs(set) {
    const seen = new Map();
    return set.runs.map(run => {
      const isAlone = set.runs.filter(other => other.name === run.name).length === 1;
      const id = isAlone ? run.name : run.name + '@' + run.key.slice(0, 12);
      seen.set(id, (seen.get(id) || 0) + 1);
      return seen.get(id) > 1 ? id + '#' + seen.get(id) : id;
    });
  }

  /** How it was asked, in a few words. */
  function asked(run) {
    const parts = [run.audio ? 'with audio' : 'without audio'];
    if (run.decoding !== 'greedy') parts.push(run.decoding);
    if (run.seed !== null) parts.push('seed ' + run.seed);
    return parts.join(', ');
  }

  function say(text) { document.getElementById('said').textContent = text; }

  return {
    take, load, shown, words, longWords, el, svg, choice, index, address, link, go, count, percent, many, probability,
    mcNemar, pairedInterval, unpairedInterval, points, recipe, runIDs, asked, say, views: {}, show() {},
  };
})();
window.repro = repro;
