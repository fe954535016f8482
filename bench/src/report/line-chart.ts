import { scaleLinear, scaleLog } from 'd3-scale';

export interface Line {
  name: string;
  points: readonly (readonly [x: number, y: number])[];
  /** Drawn thin and pale: beside the main matter. */
  faint?: boolean;
}

export interface LineChartOptions {
  title: string;
  xTitle: string;
  yTitle: string;
  lines: readonly Line[];
  /** Logarithmic, for values over several orders of magnitude; all are above 0 then. */
  logarithmic?: boolean;
  xMax: number;
}

const width = 860;
const plotHeight = 300;
const margin = { top: 48, right: 170, bottom: 48, left: 64 };
const ticks = 6;
const labelHeight = 15;
/** Told apart by people who see few colours too (Okabe and Ito). */
const colours = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9', '#555555', '#8a6d00'];

/** A line chart as SVG, each line named at its end; the same text for the same data. */
export function lineChart({ title, xTitle, yTitle, lines, logarithmic = false, xMax }: LineChartOptions): string {
  const values = lines.flatMap(({ points }) => points.map(([, y]) => y));
  const right = width - margin.right;
  const bottom = margin.top + plotHeight;
  const x = scaleLinear([0, xMax], [margin.left, right]);
  const y = logarithmic
    ? scaleLog([Math.min(...values), Math.max(...values)], [bottom, margin.top]).nice()
    : scaleLinear([0, Math.max(...values)], [bottom, margin.top]).nice(ticks);
  const yTicks = logarithmic ? y.ticks(ticks).filter(isRoundStep) : y.ticks(ticks);

  const grid = [
    ...yTicks.map(
      (value) =>
        `<line stroke="#dddddd" x1="${margin.left}" x2="${right}" y1="${px(y(value))}" y2="${px(y(value))}"/>` +
        `<text x="${margin.left - 8}" y="${px(y(value) + 4)}" text-anchor="end">${value}</text>`,
    ),
    ...x
      .ticks(ticks)
      .map((value) => `<text x="${px(x(value))}" y="${bottom + 18}" text-anchor="middle">${value}</text>`),
  ];
  const drawn = lines.map(({ points, faint }, index) => {
    const path = points.map(([atX, atY]) => `${px(x(atX))},${px(y(atY))}`).join(' ');
    const stroke = `stroke="${colourOf(index)}" stroke-width="${faint ? 1 : 2}"${faint ? ' stroke-dasharray="3 3"' : ''}`;
    return `<polyline fill="none" ${stroke} points="${path}"/>`;
  });
  const ends = lines.map(({ points }) => y(points.at(-1)![1]));
  const labels = spread(ends).map(
    (at, index) =>
      `<text x="${right + 8}" y="${px(at + 4)}" fill="${colourOf(index)}">${escape(lines[index]!.name)}</text>`,
  );
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${bottom + margin.bottom}" viewBox="0 0 ${width} ${bottom + margin.bottom}" font-family="system-ui, sans-serif" font-size="12" fill="#333333" role="img" aria-label="${escape(title)}">
<rect width="100%" height="100%" fill="#ffffff"/>
<text x="${margin.left}" y="22" font-size="15">${escape(title)}</text>
<text x="${margin.left}" y="40">${escape(yTitle)}</text>
${[...grid, ...drawn, ...labels].join('\n')}
<text x="${px((margin.left + right) / 2)}" y="${bottom + 38}" text-anchor="middle">${escape(xTitle)}</text>
</svg>
`;
}

/** 1, 2 and 5 of each power of ten; between them the labels would touch. */
function isRoundStep(value: number): boolean {
  return [1, 2, 5].includes(Math.round(value / 10 ** Math.floor(Math.log10(value) + 1e-9)));
}

/** Moves labels apart that would lie on each other, as little as that takes from the top down; in their given order. */
export function spread(heights: readonly number[]): number[] {
  const placed = [...heights];
  const topDown = [...heights.keys()].toSorted((a, b) => heights[a]! - heights[b]!);
  for (const [rank, index] of topDown.entries()) {
    if (rank > 0) placed[index] = Math.max(placed[index]!, placed[topDown[rank - 1]!]! + labelHeight);
  }
  return placed;
}

function colourOf(index: number): string {
  return colours[index % colours.length]!;
}

function px(value: number): string {
  return String(Math.round(value * 10) / 10);
}

function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}
