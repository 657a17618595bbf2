/** Network functions (IPMI 2.0, section 5.1, table 5-1). */
export const NetFn = { chassis: 0x00, app: 0x06 } as const;

/** One request and what its answer means. A new command is a new file that makes one of these. */
export interface Command<Answer> {
  /** The specification's name of it, for errors. */
  readonly name: string;
  readonly netFn: number;
  readonly code: number;
  readonly data: Buffer;
  /**
   * True where running it twice does what running it once does, as with every read: only such a command is sent
   * again when its answer is missing.
   */
  readonly repeatable: boolean;
  /** Texts of completion codes 80h to BEh, where the command defines some. */
  readonly completionTexts?: Readonly<Record<number, string>>;
  /** From the data after the completion code. @throws MalformedPacket */
  decode(data: Buffer): Answer;
}

export const NO_DATA: Buffer = Buffer.alloc(0);

/** Any command at all, by numbers; the answer is its data after the completion code. */
export const rawCommand = (
  netFn: number,
  code: number,
  data: Uint8Array = NO_DATA,
  repeatable = false,
): Command<Buffer> => {
  if (!isByte(netFn) || netFn > 0x3e || netFn % 2 !== 0)
    throw new RangeError(`netFn must be even, from 0 to 0x3e, not ${netFn}`);
  if (!isByte(code)) throw new RangeError(`A command is a number from 0 to 255, not ${code}`);
  return {
    name: `Command ${code} of network function ${netFn}`,
    netFn,
    code,
    data: Buffer.from(data),
    repeatable,
    decode: answer => Buffer.from(answer),
  };
};

const isByte = (value: number): boolean => Number.isInteger(value) && value >= 0 && value <= 0xff;
