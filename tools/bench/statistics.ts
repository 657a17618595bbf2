/** A figure of several runs: the middle one, and how far they lay apart. */
export interface Figure {
  readonly median: number;
  readonly least: number;
  readonly most: number;
}

export const figure = (values: readonly number[]): Figure => {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const median = sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
  return { median, least: sorted[0]!, most: sorted.at(-1)! };
};

const short = (value: number): string =>
  value >= 1000
    ? Math.round(value).toLocaleString('en')
    : value >= 100
      ? value.toFixed(0)
      : value >= 10
        ? value.toFixed(1)
        : value >= 1
          ? value.toFixed(2)
          : value.toFixed(3);

/** `0.31 (0.30–0.35)` */
export const shown = ({ median, least, most }: Figure): string =>
  Number.isNaN(median) ? '–' : least === most ? short(median) : `${short(median)} (${short(least)}–${short(most)})`;
