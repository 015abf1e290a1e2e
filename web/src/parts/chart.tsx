import 'uplot/dist/uPlot.min.css';
import { useEffect, useRef } from 'react';
import uPlot from 'uplot';
import styles from './chart.module.css';

/** At one moment, in seconds of the epoch; null where nothing was told. */
export interface Sample {
  readonly at: number;
  readonly values: readonly (number | null)[];
}

export interface Series {
  readonly name: string;
  readonly colour: string;
  readonly write: (value: number) => string;
}

interface ChartProps {
  readonly label: string;
  /** `colour` is a custom property of the theme. */
  readonly series: readonly Series[];
  readonly samples: readonly Sample[];
  readonly most?: number;
}

const HEIGHT_PX = 160;

/** Lines over time. Loaded with its first use. */
export function Chart({ label, series, samples, most }: ChartProps) {
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot>(undefined);
  // biome-ignore lint/correctness/useExhaustiveDependencies: what is drawn changes below; the plot is made once
  useEffect(() => {
    const element = place.current;
    if (element === null) return;
    const axis = {
      stroke: () => resolved(element, '--text-quiet'),
      grid: { stroke: () => resolved(element, '--line'), width: 1 },
      ticks: { show: false },
    };
    const made = new uPlot(
      {
        width: element.clientWidth,
        height: HEIGHT_PX,
        cursor: { y: false },
        scales: { y: { range: (_, low, high) => [Math.min(0, low), most ?? Math.max(high * 1.1, 1)] } },
        axes: [axis, { ...axis, size: 72, values: (_, ticks) => ticks.map((tick) => series[0]?.write(tick) ?? '') }],
        series: [
          {},
          ...series.map(({ name, colour: property, write }) => ({
            label: name,
            stroke: () => resolved(element, property),
            width: 1.5,
            points: { show: false },
            value: (_: uPlot, value: number | null) => (value === null ? '–' : write(value)),
          })),
        ],
      },
      dataOf(samples, series.length),
      element,
    );
    plot.current = made;
    const watch = new ResizeObserver(() => made.setSize({ width: element.clientWidth, height: HEIGHT_PX }));
    watch.observe(element);
    return () => {
      watch.disconnect();
      made.destroy();
    };
  }, []);
  useEffect(() => plot.current?.setData(dataOf(samples, series.length)), [samples, series.length]);
  return <div ref={place} className={styles.chart} role="img" aria-label={label} />;
}

/** The colour that a custom property has here now: `light-dark()` is resolved by a property of an element only. */
function resolved(element: HTMLElement, property: string): string {
  element.style.outlineColor = `var(${property})`;
  return getComputedStyle(element).outlineColor;
}

function dataOf(samples: ChartProps['samples'], count: number): uPlot.AlignedData {
  const lines = Array.from({ length: count }, (_, index) => samples.map(({ values }) => values[index] ?? null));
  return [samples.map(({ at }) => at), ...lines];
}
