/** Money by hour of a day on Chart.js, registered by part. Loaded only when a chart is about to be drawn. */
import {
  BarController,
  BarElement,
  CategoryScale,
  Chart,
  LineController,
  LineElement,
  LinearScale,
  PointElement,
  Tooltip,
  type ChartDataset,
  type ChartOptions,
  type Plugin
} from 'chart.js';
import { roundMarks } from './axis.ts';

Chart.register(
  BarController,
  BarElement,
  LineController,
  LineElement,
  PointElement,
  LinearScale,
  CategoryScale,
  Tooltip
);

export interface HourData {
  /** 24 values each, null: not yet; `down` is positive and drawn below zero */
  readonly up: readonly (number | null)[];
  readonly down: readonly (number | null)[];
  readonly upBefore: readonly (number | null)[];
  readonly downBefore: readonly (number | null)[];
  readonly hours: readonly string[];
  /** where the day stands: `hour` with its fraction, 14.08; null: no line */
  readonly now: { readonly hour: number; readonly text: string } | null;
  /** the shown moment is past: its line is in the accent */
  readonly past: boolean;
  readonly axis: (value: number) => string;
}
export interface Tip {
  readonly index: number;
  readonly x: number;
  readonly y: number;
}
export interface HourChart {
  update(data: HourData): void;
  destroy(): void;
}
type Mixed = 'bar' | 'line';
const TOKENS = ['in-fill', 'out-fill', 'series-prev', 'grid', 'zero', 'faint', 'ink', 'accent', 'surface'] as const;

type Token = (typeof TOKENS)[number];

/** What is drawn and with what: read at each drawing, so that a theme or a newer value needs no new chart. */
interface Sheet {
  data: HourData;
  colours: Readonly<Record<string, string>>;
  font: string;
  /** of the canvas, px: a wall's is larger */
  size: number;
}
function readStyle(canvas: HTMLCanvasElement): Omit<Sheet, 'data'> {
  const style = getComputedStyle(canvas);
  const colours = Object.fromEntries(TOKENS.map((name) => [name, style.getPropertyValue(`--${name}`).trim()]));
  return { colours, font: style.fontFamily, size: Number.parseFloat(style.fontSize) };
}
const colour = (sheet: Sheet, name: Token): string => sheet.colours[name] ?? '';
const isRunning = ({ data }: Sheet, hour: number): boolean => data.now !== null && Math.floor(data.now.hour) === hour;
const isAhead = ({ data }: Sheet, hour: number): boolean => data.now !== null && hour > data.now.hour;
// asked before the first layout too, when there are no scales yet
const halfMark = (of: Chart): number => ((of.scales.x?.width ?? 0) / 24) * 0.42;

/** the running hour: not a whole one yet */
function hatch(colour: string, size: number): CanvasPattern | string {
  const tile = document.createElement('canvas');
  const side = Math.max(4, Math.round(size / 2.5));
  tile.width = side;
  tile.height = side;
  const pen = tile.getContext('2d');
  if (pen === null) return colour;
  pen.strokeStyle = colour;
  pen.lineWidth = side / 2.6;
  for (const shift of [-side, 0, side]) {
    pen.moveTo(shift, side);
    pen.lineTo(shift + side, 0);
  }
  pen.stroke();
  return pen.createPattern(tile, 'repeat') ?? colour;
}

const bars = (
  sheet: Sheet,
  name: 'in-fill' | 'out-fill',
  values: readonly (number | null)[],
  sign: 1 | -1
): ChartDataset<'bar'> => ({
  type: 'bar',
  data: values.map((value) => (value === null ? null : value * sign)),
  grouped: false,
  barPercentage: 0.64,
  categoryPercentage: 1,
  borderRadius: 1,
  order: 2,
  borderColor: colour(sheet, name),
  borderWidth: ({ dataIndex }) => (isRunning(sheet, dataIndex) ? 1 : 0),
  backgroundColor: ({ dataIndex }) =>
    isRunning(sheet, dataIndex) ? hatch(colour(sheet, name), sheet.size) : colour(sheet, name)
});

const marks = (sheet: Sheet, values: readonly (number | null)[], sign: 1 | -1): ChartDataset<'line'> => ({
  type: 'line',
  data: values.map((value) => (value === null || value === 0 ? null : value * sign)),
  showLine: false,
  order: 1,
  pointStyle: 'line',
  pointBorderWidth: Math.max(2, sheet.size / 6),
  pointRadius: ({ chart }) => halfMark(chart),
  pointHoverRadius: ({ chart }) => halfMark(chart),
  pointHitRadius: 0,
  // hours to come are fainter: 8c of ff is 55 %
  pointBorderColor: ({ dataIndex }) => colour(sheet, 'series-prev') + (isAhead(sheet, dataIndex) ? '8c' : '')
});

const datasets = (sheet: Sheet): ChartDataset<Mixed>[] => [
  bars(sheet, 'in-fill', sheet.data.up, 1),
  bars(sheet, 'out-fill', sheet.data.down, -1),
  marks(sheet, sheet.data.upBefore, 1),
  marks(sheet, sheet.data.downBefore, -1)
];

const nowLine = (sheet: Sheet): Plugin<Mixed> => ({
  id: 'now-line',
  afterDatasetsDraw({ ctx, chartArea }) {
    const { now, past } = sheet.data;
    if (now === null) return;
    const x = Math.round(chartArea.left + (now.hour / 24) * chartArea.width) + 0.5;
    ctx.save();
    ctx.strokeStyle = colour(sheet, past ? 'accent' : 'ink');
    ctx.fillStyle = ctx.strokeStyle;
    ctx.lineWidth = Math.max(1, sheet.size / 12);
    ctx.beginPath();
    ctx.moveTo(x, chartArea.top);
    ctx.lineTo(x, chartArea.bottom);
    ctx.stroke();
    ctx.font = `500 ${sheet.size}px ${sheet.font}`;
    ctx.textBaseline = 'top';
    const isRoomy = x + 6 + ctx.measureText(now.text).width < chartArea.right;
    ctx.textAlign = isRoomy ? 'left' : 'right';
    ctx.fillText(now.text, isRoomy ? x + 6 : x - 6, chartArea.top);
    ctx.restore();
  }
});

/** of the height: room beyond the tallest bar, where a mark of the day before may stand */
const HEADROOM = 0.04;
/** px of the font's size between two marks of the money axis, at least */
const MARK_ROOM = 1.5;
/** larger letters are those of a wall: fewer of them */
const WALL_SIZE = 16;

/** Lowest and highest of all that is drawn. */
function extremes({ data }: Sheet): { low: number; high: number } {
  const most = (...lists: (readonly (number | null)[])[]): number =>
    Math.max(0, ...lists.flat().map((value) => value ?? 0));
  const low = -most(data.down, data.downBefore);
  const high = most(data.up, data.upBefore);
  const room = (high - low || 1) * HEADROOM;
  return { low: low === 0 ? 0 : low - room, high: high + room };
}

function scales(sheet: Sheet): NonNullable<ChartOptions<Mixed>['scales']> {
  const color = (): string => colour(sheet, 'faint');
  const font = () => ({ size: sheet.size, family: sheet.font });
  return {
    x: {
      border: { display: false },
      grid: { display: false },
      ticks: {
        color,
        font,
        maxRotation: 0,
        autoSkip: false,
        callback(_, index) {
          const every = sheet.size > WALL_SIZE || this.chart.width / 24 < sheet.size * 1.7 ? 4 : 2;
          return index % every === 0 ? sheet.data.hours[index] : '';
        }
      }
    },
    y: {
      position: 'right',
      beforeDataLimits(axis) {
        const { low, high } = extremes(sheet);
        Object.assign(axis.options, { min: low, max: high });
      },
      afterBuildTicks(axis) {
        const fits = Math.floor(axis.height / (sheet.size * MARK_ROOM));
        axis.ticks = roundMarks(axis.min, axis.max, Math.min(5, fits)).map((value) => ({ value }));
      },
      border: { display: false },
      grid: { drawTicks: false, color: ({ tick }) => colour(sheet, tick.value === 0 ? 'zero' : 'grid') },
      ticks: { color, font, autoSkip: false, padding: 8, callback: (value) => sheet.data.axis(Number(value)) }
    }
  };
}

const options = (sheet: Sheet, restyle: () => void, onTip: (tip: Tip | null) => void): ChartOptions<Mixed> => ({
  animation: false,
  responsive: true,
  maintainAspectRatio: false,
  layout: { autoPadding: false },
  interaction: { mode: 'index', intersect: false },
  onResize: restyle,
  plugins: {
    tooltip: {
      enabled: false,
      external: ({ chart, tooltip }) => {
        const [point] = tooltip.dataPoints;
        const isShown = tooltip.opacity !== 0 && point !== undefined;
        onTip(isShown ? { index: point.dataIndex, x: tooltip.caretX, y: chart.chartArea.top } : null);
      }
    }
  },
  scales: scales(sheet)
});

/** @param onTip the hour under the pointer, or null */
export function createHourChart(
  canvas: HTMLCanvasElement,
  data: HourData,
  onTip: (tip: Tip | null) => void
): HourChart {
  const sheet: Sheet = { data, ...readStyle(canvas) };
  const restyle = (): void => void Object.assign(sheet, readStyle(canvas));
  const chart = new Chart<Mixed>(canvas, {
    type: 'bar',
    data: { labels: [...data.hours], datasets: datasets(sheet) },
    plugins: [nowLine(sheet)],
    options: options(sheet, restyle, onTip)
  });
  let isGone = false;
  const redraw = (): void => {
    if (isGone) return;
    chart.data.labels = [...sheet.data.hours];
    chart.data.datasets = datasets(sheet);
    chart.update('none');
  };
  const themes = new MutationObserver(() => {
    restyle();
    redraw();
  });
  themes.observe(document.documentElement, { attributeFilter: ['data-theme'] });
  // text is measured once: measure again when the typeface has come
  void document.fonts.ready.then(redraw);
  return {
    update(next) {
      sheet.data = next;
      redraw();
    },
    destroy() {
      isGone = true;
      themes.disconnect();
      chart.destroy();
    }
  };
}
