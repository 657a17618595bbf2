/** Appends so many events, so many of them under way at a time, each to a stream of its own. */
export type Appending = (events: number, underWay: number) => Promise<void>;

/** Events per second. */
export const rateOf = async (append: Appending, events: number, underWay: number): Promise<number> => {
  const began = performance.now();
  await append(events, underWay);
  return (1000 * events) / (performance.now() - began);
};

export interface Contender {
  readonly name: string;
  readonly append: Appending;
  /** How much of the events it gets, where it is so much slower that it would take all the time. All by default. */
  readonly part?: number;
}

/** Rates by the contenders' names, round by round: all in turns, so that what disturbs one disturbs the others. */
export const race = async (
  contenders: readonly Contender[],
  { events, underWay, rounds }: { events: number; underWay: number; rounds: number },
): Promise<Map<string, number[]>> => {
  const rates = new Map(contenders.map(({ name }) => [name, [] as number[]]));
  for (let round = 0; round <= rounds; round++)
    for (const { name, append, part = 1 } of contenders) {
      // The first round warms up.
      const rate = await rateOf(append, Math.ceil((events * part) / (round === 0 ? 2 : 1)), underWay);
      if (round > 0) rates.get(name)!.push(rate);
    }
  return rates;
};
