import type { Bag, BlobReference, BlobStore, Sealed } from '#domain';
import { holdsCredentials, isSealed, isSensitiveName, Problem } from '#domain';
import type { Sealer } from '#secrets';

/** A value above this size goes to the blob store. */
const LARGE_VALUE_BYTES = 2_048;
/** Of what is left of a bag: an event with every bag of a node in it stays below what a store takes. */
const LARGEST_BAG_BYTES = 8_000;
/** Less than this is hardly more than the reference that would stand in its place. */
const SMALLEST_BLOB_BYTES = 256;

export const isBlob = (value: unknown): value is BlobReference =>
  typeof value === 'object' && value !== null && typeof (value as BlobReference).$blob === 'string' && !isSealed(value);

/** Which values of a bag are secret, and under whose key they are sealed. */
export interface SealingRule {
  readonly subject: string;
  isSecret(name: string, value: unknown): boolean;
}

export const byName = (subject: string): SealingRule => ({
  subject,
  isSecret: (name, value) => isSensitiveName(name) || holdsCredentials(value),
});

/** A bag as it is recorded, in place, and the same in the clear. */
export interface Known {
  readonly stored: Bag;
  readonly plain: Bag;
}

/**
 * The form in which clients' values are recorded: secrets sealed, big things as references to blobs. And back again,
 * for those who act on the hardware.
 */
export class Content {
  constructor(
    private readonly sealer: Pick<Sealer, 'seal' | 'open' | 'openAll'>,
    private readonly blobs: BlobStore,
  ) {}

  /**
   * For rehearsals: reads the same, and makes no key and keeps no blob. What it would seal or keep stands as sealed
   * under no key, and as a reference to nothing.
   */
  leavingNoTrace(): Content {
    return new Content(
      {
        seal: async () => ({ $sealed: '' }),
        open: sealed => this.sealer.open(sealed),
        openAll: value => this.sealer.openAll(value),
      },
      {
        put: async ({ byteLength }) => ({ $blob: '', sizeBytes: byteLength }),
        get: reference => this.blobs.get(reference),
      },
    );
  }

  /**
   * Values equal to those of `before` keep their sealed form: what changes nothing records nothing.
   *
   * @throws Problem request.invalid where names are used that are ours, or where there are too many values to fit
   */
  async stored(bag: Bag, rule: SealingRule | undefined, before?: Known): Promise<Bag> {
    requireOtherNames(bag);
    const stored = await mapped(bag, (name, value) => {
      const old = before && Object.hasOwn(before.stored, name) ? before : undefined;
      const wanted = unmasked(value, old?.plain[name]);
      if (old && JSON.stringify(old.plain[name]) === JSON.stringify(wanted)) return old.stored[name];
      refuseOurForms(wanted);
      return this.#storedValue(name, wanted, rule);
    });
    return this.#fitted(stored);
  }

  /**
   * A bag that is too big gives its biggest values away until it fits. Names and short values always stay: decisions
   * look for them (`ipmi_address`, traits, arguments of steps) without opening anything, and a bag that is a reference
   * as a whole would seem to lack them all.
   */
  async #fitted(bag: Bag): Promise<Bag> {
    let sizeBytes = bytesOf(bag);
    if (sizeBytes <= LARGEST_BAG_BYTES) return bag;
    const fitted = { ...bag };
    const biggest = Object.entries(bag).sort(([, a], [, b]) => bytesOf(b) - bytesOf(a));
    for (const [name, value] of biggest) {
      if (sizeBytes <= LARGEST_BAG_BYTES || bytesOf(value) < SMALLEST_BLOB_BYTES) break;
      const reference = (fitted[name] = await this.#put(value));
      sizeBytes -= bytesOf(value) - bytesOf(reference);
    }
    if (sizeBytes > LARGEST_BAG_BYTES) throw tooManyValues(bag, sizeBytes);
    return fitted;
  }

  /** A recorded bag in both its forms: what `stored` compares with. */
  async known(bag: Bag | BlobReference): Promise<Known> {
    const stored = isBlob(bag) ? ((await this.#read(bag)) as Bag) : bag;
    return { stored, plain: await mapped(stored, (_, value) => this.plainValue(value)) };
  }

  /** Everything in the clear and in place. */
  async plain(bag: Bag | BlobReference): Promise<Bag> {
    return (await this.known(bag)).plain;
  }

  async plainValue(value: unknown): Promise<unknown> {
    return this.sealer.openAll(isBlob(value) ? await this.#read(value) : value);
  }

  async blob(value: Bag): Promise<Bag> {
    return { ...(await this.#put(value)) };
  }

  async blobIfLarge(value: Bag): Promise<Bag> {
    return bytesOf(value) > LARGE_VALUE_BYTES ? this.blob(value) : value;
  }

  async seal(subject: string, value: unknown): Promise<Sealed & Bag> {
    return (await this.sealer.seal(subject, value)) as Sealed & Bag;
  }

  /** What a machine told, as it is recorded. Nobody can be refused for the names in it. */
  async told(bag: Bag, rule: SealingRule): Promise<Bag> {
    return mapped(bag, (name, value) => this.#storedValue(name, value, rule));
  }

  /** Texts that are sealed anywhere in the value, in the clear: what no sentence may quote. */
  async secretTexts(value: unknown): Promise<string[]> {
    if (isSealed(value)) return textsIn(await this.sealer.open(value));
    if (isBlob(value)) return this.secretTexts(await this.#read(value));
    if (typeof value !== 'object' || value === null) return [];
    return (await Promise.all(Object.values(value).map(item => this.secretTexts(item)))).flat();
  }

  async #storedValue(name: string, value: unknown, rule: SealingRule | undefined): Promise<unknown> {
    const sealed = rule ? await this.#sealed(name, value, rule) : value;
    return !isSealed(sealed) && bytesOf(sealed) > LARGE_VALUE_BYTES ? this.#put(sealed) : sealed;
  }

  /** Secrets wherever they are: `args.settings.password`, URLs in lists, `{ name: 'AdminPassword', value: … }`. */
  async #sealed(name: string, value: unknown, rule: SealingRule): Promise<unknown> {
    if (rule.isSecret(name, value)) return this.sealer.seal(rule.subject, value);
    if (Array.isArray(value)) return Promise.all(value.map(item => this.#sealed(name, item, rule)));
    if (!isObject(value)) return value;
    const calledSo = typeof value.name === 'string' ? value.name : undefined;
    return mapped(value, (inner, item) =>
      this.#sealed(inner === 'value' && calledSo !== undefined ? calledSo : inner, item, rule),
    );
  }

  #put(value: unknown): Promise<BlobReference> {
    return this.blobs.put(Buffer.from(JSON.stringify(value)));
  }

  async #read(reference: BlobReference): Promise<unknown> {
    return JSON.parse(Buffer.from(await this.blobs.get(reference)).toString());
  }
}

/** What answers show in place of a secret. Written back to where one is, it means: keep it. */
export const MASK = '******';

const unmasked = (value: unknown, before: unknown): unknown => {
  if (value === MASK) return before ?? value;
  if (Array.isArray(value))
    return value.map((item, index) => unmasked(item, Array.isArray(before) ? before[index] : undefined));
  if (!isObject(value)) return value;
  const entries = Object.entries(value);
  return Object.fromEntries(
    entries.map(([name, item]) => [name, unmasked(item, isObject(before) ? before[name] : undefined)]),
  );
};

const textsIn = (value: unknown): string[] => {
  if (typeof value === 'string') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsIn) : [];
};

const isObject = (value: unknown): value is Bag => typeof value === 'object' && value !== null && !Array.isArray(value);

const mapped = async (bag: Bag, map: (name: string, value: unknown) => unknown): Promise<Bag> =>
  Object.fromEntries(
    await Promise.all(Object.entries(bag).map(async ([name, value]) => [name, await map(name, value)])),
  );

const bytesOf = (value: unknown): number => Buffer.byteLength(JSON.stringify(value) ?? '');

const tooManyValues = (bag: Bag, sizeBytes: number): Problem => {
  const names = Object.keys(bag);
  return new Problem({
    code: 'request.invalid',
    title: 'An object in the request has too many members',
    detail:
      `The ${names.length} members of the object with ${names.slice(0, 3).join(', ')} … take ${sizeBytes} bytes, ` +
      `without the big values among them; ${LARGEST_BAG_BYTES} is the limit.`,
    hint: 'Put members together into an object of their own: as one big value it may be of any size.',
  });
};

const requireOtherNames = (bag: object): void => {
  if (Object.hasOwn(bag, '$sealed') || Object.hasOwn(bag, '$blob'))
    throw new Problem({
      code: 'request.invalid',
      title: 'A name in the request is reserved',
      detail: 'Objects must not have members named $sealed or $blob.',
    });
};

const refuseOurForms = (value: unknown): void => {
  if (typeof value !== 'object' || value === null) return;
  requireOtherNames(value);
  for (const item of Object.values(value)) refuseOurForms(item);
};
