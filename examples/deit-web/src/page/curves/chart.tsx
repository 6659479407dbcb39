import { useEffect, useRef, useState } from "preact/hooks";
import { whole } from "../ui/plain.ts";
import { type Point, type Series, ticks } from "./series.ts";

interface ChartProps {
  readonly title: string;
  readonly series: readonly Series[];
  /** Right end of the axis of steps. */
  readonly steps: number;
  /** Upper end of the other axis. */
  readonly top: number;
  readonly format: (value: number) => string;
  /** What the lines show, in words. */
  readonly description: string;
}

const HEIGHT = 190;
const MARGIN = { top: 10, right: 10, bottom: 24, left: 40 };

/** A chart of lines over steps. */
export function Chart({ title, series, steps, top, format, description }: ChartProps) {
  const frame = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(360);
  useEffect(() => {
    const observer = new ResizeObserver(([entry]) => setWidth(Math.max(200, entry!.contentRect.width)));
    observer.observe(frame.current!);
    return () => observer.disconnect();
  }, []);
  const right = width - MARGIN.right;
  const bottom = HEIGHT - MARGIN.bottom;
  const x = (step: number) => MARGIN.left + (step / steps) * (right - MARGIN.left);
  const y = (value: number) => bottom - (Math.min(value, top) / top) * (bottom - MARGIN.top);
  const line = (points: readonly Point[]) =>
    points
      .map(([step, value], index) => `${index === 0 ? "M" : "L"}${x(step).toFixed(1)} ${y(value).toFixed(1)}`)
      .join("");
  return (
    <figure class="chart" ref={frame}>
      <figcaption>{title}</figcaption>
      <svg width={width} height={HEIGHT} role="img" aria-label={`${title}. ${description}`}>
        {ticks(top, 4).map((value) => (
          <g key={value} class="tick">
            <line x1={MARGIN.left} x2={right} y1={y(value)} y2={y(value)} />
            <text x={MARGIN.left - 8} y={y(value) + 4} text-anchor="end">
              {format(value)}
            </text>
          </g>
        ))}
        {ticks(steps, 4).map((step) => (
          <text
            key={step}
            class="tick-step"
            x={x(step)}
            y={HEIGHT - 6}
            text-anchor={step === 0 ? "start" : "middle"}
          >
            {step === 0 ? "step 0" : whole(step)}
          </text>
        ))}
        {series.map(({ role, raw, smooth, heldOut }) => (
          <g key={role} class={role}>
            <path class="raw" d={line(raw)} />
            <path class="smooth" d={line(smooth)} />
            <path class="held-out" d={line(heldOut)} />
            {heldOut.map(([step, value]) => (
              <circle key={step} cx={x(step)} cy={y(value)} r={heldOut.length > 40 ? 1.8 : 2.8} />
            ))}
          </g>
        ))}
      </svg>
    </figure>
  );
}
