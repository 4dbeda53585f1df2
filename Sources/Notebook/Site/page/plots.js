// Plots as SVG, by hand: an interval plot and lines over steps. Colours come from the style sheet.
'use strict';

repro.plots = (() => {
  const { el, svg } = repro;

  /** Round numbers from low to high, about as many as wanted. */
  function ticks(low, high, wanted) {
    if (!(high > low)) return [low];
    const raw = (high - low) / wanted;
    const power = 10 ** Math.floor(Math.log10(raw));
    const step = power * [1, 2, 2.5, 5, 10].find(factor => factor * power >= raw * 0.999);
    const list = [];
    for (let k = Math.ceil(low / step - 1e-9); k * step <= high + step * 1e-9; k++) list.push(Number((k * step).toPrecision(12)));
    return list;
  }

  function short(value) {
    const size = Math.abs(value);
    if (size !== 0 && (size < 0.001 || size >= 1e5)) return value.toExponential(1).replace('.0e', 'e');
    return String(Number(value.toPrecision(3)));
  }

  /**
   * Rows of measured values with intervals, published values beside.
   * row: { label, note, value, low, high, seeds, published, href, control }, in fractions; published in percent.
   */
  function intervals(rows, chance, title) {
    const longest = Math.max(...rows.map(row => row.label.length));
    const [width, top, height, left, right] = [900, 8, 26, Math.min(390, 40 + 6.7 * longest), 24];
    const all = rows.flatMap(row => [row.low, row.high, row.value, ...row.seeds, row.published === null ? row.value : row.published / 100]);
    if (chance) all.push(chance);
    const margin = 0.02;
    const low = Math.max(0, Math.min(...all) - margin);
    const high = Math.min(1, Math.max(...all) + margin);
    const x = value => left + (width - left - right) * (value - low) / (high - low);
    const bottom = top + rows.length * height;
    const picture = svg('svg', {
      viewBox: `0 0 ${width} ${bottom + 30}`, class: 'plot intervals', role: 'group', 'aria-label': title,
    });
    for (const tick of ticks(low * 100, high * 100, 8)) {
      picture.append(svg('line', { class: 'grid', x1: x(tick / 100), x2: x(tick / 100), y1: top, y2: bottom }),
        svg('text', { class: 'axis', x: x(tick / 100), y: bottom + 18, 'text-anchor': 'middle' }, short(tick)));
    }
    if (chance) {
      picture.append(svg('line', { class: 'chance', x1: x(chance), x2: x(chance), y1: top, y2: bottom }),
        svg('text', { class: 'axis', x: x(chance), y: bottom + 18, 'text-anchor': 'middle' }, 'chance'));
    }
    rows.forEach((row, index) => {
      const y = top + (index + 0.5) * height;
      const said = `${row.label}: ${(100 * row.value).toFixed(1)} percent, interval ${(100 * row.low).toFixed(1)} to `
        + `${(100 * row.high).toFixed(1)}` + (row.published === null ? '' : `, published ${row.published}`);
      const group = svg('a', { href: row.href, 'aria-label': said, class: row.control ? 'control-row' : '' },
        svg('rect', { class: 'hit', x: 0, y: y - height / 2, width, height }),
        svg('text', { class: 'label', x: left - 14, y: y + 4, 'text-anchor': 'end' }, row.label),
        svg('line', { class: 'interval', x1: x(row.low), x2: x(row.high), y1: y, y2: y }));
      for (const seed of row.seeds) group.append(svg('line', { class: 'seed', x1: x(seed), x2: x(seed), y1: y - 6, y2: y + 6 }));
      group.append(svg('circle', { class: 'measured', cx: x(row.value), cy: y, r: 4.5 }));
      if (row.published !== null) {
        const p = x(row.published / 100);
        group.append(svg('path', { class: 'published', d: `M${p} ${y - 5.5}l5.5 5.5l-5.5 5.5l-5.5 -5.5z` }));
      }
      picture.append(group);
    });
    return picture;
  }

  /** Means over a window that ends at each step. */
  function smooth(values, window) {
    if (window <= 1) return values;
    const result = [];
    let sum = 0, number = 0;
    values.forEach((value, index) => {
      if (value !== null) { sum += value; number++; }
      const old = index >= window ? values[index - window] : null;
      if (old !== null) { sum -= old; number--; }
      result.push(number ? sum / number : null);
    });
    return result;
  }

  /**
   * Lines over steps. series: { name, colour, values, spread or null }. Spread is drawn as a band around the values.
   */
  function lines(series, title, description) {
    const [width, height, left, right, top, bottom] = [430, 220, 48, 12, 12, 28];
    const longest = Math.max(...series.map(one => one.values.length), 2);
    let low = Infinity, high = -Infinity;
    for (const one of series) {
      one.values.forEach((value, index) => {
        if (value === null) return;
        const around = one.spread ? one.spread[index] || 0 : 0;
        low = Math.min(low, value - around); high = Math.max(high, value + around);
      });
    }
    if (!(low < Infinity)) [low, high] = [0, 1];
    if (low === high) [low, high] = low === 0 ? [0, 1] : [low - Math.abs(low) / 2, high + Math.abs(high) / 2];
    const x = step => left + (width - left - right) * step / (longest - 1);
    const y = value => top + (height - top - bottom) * (high - value) / (high - low);
    const point = (step, value) => x(step).toFixed(1) + ' ' + y(value).toFixed(1);
    const picture = svg('svg', { viewBox: `0 0 ${width} ${height}`, class: 'plot lines', role: 'img', 'aria-label': description });
    for (const tick of ticks(low, high, 4)) {
      picture.append(svg('line', { class: 'grid', x1: left, x2: width - right, y1: y(tick), y2: y(tick) }),
        svg('text', { class: 'axis', x: left - 6, y: y(tick) + 4, 'text-anchor': 'end' }, short(tick)));
    }
    for (const tick of ticks(0, longest, 5).filter(tick => tick < longest)) {
      picture.append(svg('text', { class: 'axis', x: x(tick), y: height - 8, 'text-anchor': 'middle' }, short(tick)));
    }
    for (const one of series) {
      if (!one.spread) continue;
      const upper = [], lower = [];
      one.values.forEach((value, index) => {
        if (value === null) return;
        upper.push(point(index, value + (one.spread[index] || 0)));
        lower.unshift(point(index, value - (one.spread[index] || 0)));
      });
      picture.append(svg('path', { class: 'band ' + one.colour, d: 'M' + upper.concat(lower).join('L') + 'Z' }));
    }
    for (const one of series) {
      const parts = [];
      one.values.forEach((value, index) => { if (value !== null) parts.push((parts.length ? 'L' : 'M') + point(index, value)); });
      if (parts.length === 1) parts.push('h1');
      picture.append(svg('path', { class: 'line ' + one.colour, d: parts.join('') }));
    }
    const cursor = svg('line', { class: 'cursor', y1: top, y2: height - bottom, visibility: 'hidden' });
    picture.append(cursor);
    const readout = el('p', { class: 'readout' }, '\u00a0');
    picture.addEventListener('pointermove', event => {
      const box = picture.getBoundingClientRect();
      const at = (event.clientX - box.left) / box.width * width;
      const step = Math.max(0, Math.min(longest - 1, Math.round((at - left) / (width - left - right) * (longest - 1))));
      cursor.setAttribute('x1', x(step)); cursor.setAttribute('x2', x(step)); cursor.setAttribute('visibility', 'visible');
      readout.replaceChildren(`step ${step}: `, ...series.filter(one => step < one.values.length && one.values[step] !== null)
        .slice(0, 6).map(one => el('span', { class: 'value ' + one.colour }, short(one.values[step]) + ' ')));
    });
    picture.addEventListener('pointerleave', () => { cursor.setAttribute('visibility', 'hidden'); readout.replaceChildren('\u00a0'); });
    return el('figure', { class: 'chart' }, el('figcaption', {}, title), picture, readout);
  }

  return { intervals, lines, smooth, short };
})();
