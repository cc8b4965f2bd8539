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
  type ChartConfiguration,
  type ChartDataset,
  type Plugin
} from 'chart.js';

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
interface Tokens {
  readonly [name: string]: string;
}
const TOKENS = ['in-fill', 'out-fill', 'series-prev', 'grid', 'zero', 'faint', 'ink', 'accent', 'surface'] as const;

function readTokens(canvas: HTMLCanvasElement): Tokens & { readonly font: string; readonly size: string } {
  const style = getComputedStyle(canvas);
  const colours = Object.fromEntries(TOKENS.map((name) => [name, style.getPropertyValue(`--${name}`).trim()]));
  return { ...colours, font: style.fontFamily, size: style.fontSize };
}

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

export function createHourChart(
  canvas: HTMLCanvasElement,
  first: HourData,
  onTip: (tip: Tip | null) => void
): HourChart {
  let data = first;
  let tokens = readTokens(canvas);
  const size = (): number => Number.parseFloat(tokens.size);
  const colour = (name: (typeof TOKENS)[number]): string => tokens[name] ?? '';

  const bars = (
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
    borderColor: colour(name),
    borderWidth: ({ dataIndex }) => (isRunning(dataIndex) ? 1 : 0),
    backgroundColor: ({ dataIndex }) => (isRunning(dataIndex) ? hatch(colour(name), size()) : colour(name))
  });
  const marks = (values: readonly (number | null)[], sign: 1 | -1): ChartDataset<'line'> => ({
    type: 'line',
    data: values.map((value) => (value === null || value === 0 ? null : value * sign)),
    showLine: false,
    order: 1,
    pointStyle: 'line',
    pointBorderWidth: Math.max(2, size() / 6),
    pointRadius: ({ chart }) => halfMark(chart),
    pointHoverRadius: ({ chart }) => halfMark(chart),
    pointHitRadius: 0,
    pointBorderColor: ({ dataIndex }) => colour('series-prev') + (isAhead(dataIndex) ? '8c' : '')
  });
  // asked before the first layout too, when there are no scales yet
  const halfMark = (of: Chart): number => ((of.scales.x?.width ?? 0) / 24) * 0.42;
  const isRunning = (hour: number): boolean => data.now !== null && Math.floor(data.now.hour) === hour;
  const isAhead = (hour: number): boolean => data.now !== null && hour > data.now.hour;
  const datasets = (): ChartDataset<Mixed>[] => [
    bars('in-fill', data.up, 1),
    bars('out-fill', data.down, -1),
    marks(data.upBefore, 1),
    marks(data.downBefore, -1)
  ];

  const nowLine: Plugin<Mixed> = {
    id: 'now-line',
    afterDatasetsDraw({ ctx, chartArea }) {
      if (data.now === null) return;
      const x = Math.round(chartArea.left + (data.now.hour / 24) * chartArea.width) + 0.5;
      ctx.save();
      ctx.strokeStyle = colour(data.past ? 'accent' : 'ink');
      ctx.fillStyle = ctx.strokeStyle;
      ctx.lineWidth = Math.max(1, size() / 12);
      ctx.beginPath();
      ctx.moveTo(x, chartArea.top);
      ctx.lineTo(x, chartArea.bottom);
      ctx.stroke();
      ctx.font = `500 ${tokens.size} ${tokens.font}`;
      ctx.textBaseline = 'top';
      const width = ctx.measureText(data.now.text).width;
      const fits = x + 6 + width < chartArea.right;
      ctx.textAlign = fits ? 'left' : 'right';
      ctx.fillText(data.now.text, fits ? x + 6 : x - 6, chartArea.top);
      ctx.restore();
    }
  };

  const config: ChartConfiguration<Mixed> = {
    type: 'bar',
    data: { labels: [...data.hours], datasets: datasets() },
    plugins: [nowLine],
    options: {
      animation: false,
      responsive: true,
      maintainAspectRatio: false,
      layout: { autoPadding: false },
      interaction: { mode: 'index', intersect: false },
      onResize: () => {
        tokens = readTokens(canvas);
      },
      plugins: {
        tooltip: {
          enabled: false,
          external: ({ chart, tooltip }) => {
            const [point] = tooltip.dataPoints;
            onTip(
              tooltip.opacity === 0 || point === undefined
                ? null
                : { index: point.dataIndex, x: tooltip.caretX, y: chart.chartArea.top }
            );
          }
        }
      },
      scales: {
        x: {
          border: { display: false },
          grid: { display: false },
          ticks: {
            color: () => colour('faint'),
            font: () => ({ size: size(), family: tokens.font }),
            maxRotation: 0,
            autoSkipPadding: 8,
            maxTicksLimit: 12
          }
        },
        y: {
          position: 'right',
          grace: '4%',
          border: { display: false },
          grid: { drawTicks: false, color: ({ tick }) => colour(tick.value === 0 ? 'zero' : 'grid') },
          ticks: {
            color: () => colour('faint'),
            font: () => ({ size: size(), family: tokens.font }),
            maxTicksLimit: 5,
            padding: 8,
            callback: (value) => data.axis(Number(value))
          }
        }
      }
    }
  };
  const chart = new Chart<Mixed>(canvas, config);
  const redraw = (): void => {
    chart.data.labels = [...data.hours];
    chart.data.datasets = datasets();
    chart.update('none');
  };
  const themes = new MutationObserver(() => {
    tokens = readTokens(canvas);
    redraw();
  });
  themes.observe(document.documentElement, { attributeFilter: ['data-theme'] });
  // text is measured once: measure again when the typeface has come
  void document.fonts.ready.then(() => chart.canvas !== null && redraw());
  return {
    update(next) {
      data = next;
      redraw();
    },
    destroy() {
      themes.disconnect();
      chart.destroy();
    }
  };
}
