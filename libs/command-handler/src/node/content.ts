import type { Bag, BlobReference, BlobStore, Sealed } from '#domain';
import { holdsCredentials, isSealed, isSensitiveName, Problem } from '#domain';
import type { Sealer } from '#secrets';

/** A value of this size goes to the blob store, and so does what is left of a bag above the second. */
const LARGE_VALUE_BYTES = 2_048;
const LARGE_BAG_BYTES = 12_000;

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

/**
 * The form in which clients' values are recorded: secrets sealed, big things as references to blobs. And back again,
 * for those who act on the hardware.
 */
export class Content {
  constructor(
    private readonly sealer: Sealer,
    private readonly blobs: BlobStore,
  ) {}

  /** Values equal to those of `before` keep their sealed form: what changes nothing records nothing. */
  async stored(
    bag: Bag,
    rule: SealingRule | undefined,
    before: { stored: Bag; plain: Bag } = { stored: {}, plain: {} },
  ): Promise<Bag> {
    const entries = await Promise.all(
      Object.entries(bag).map(async ([name, value]) => {
        const old = Object.hasOwn(before.stored, name) ? before.stored[name] : undefined;
        if (old !== undefined && (value === MASK || JSON.stringify(before.plain[name]) === JSON.stringify(value)))
          return [name, old];
        return [name, await this.#storedValue(name, value, rule)];
      }),
    );
    return this.#smallBag(Object.fromEntries(entries) as Bag);
  }

  /** Everything in the clear and in place. */
  async plain(bag: Bag | BlobReference): Promise<Bag> {
    const content = isBlob(bag) ? ((await this.#read(bag)) as Bag) : bag;
    const entries = Object.entries(content).map(async ([name, value]) => [name, await this.plainValue(value)]);
    return Object.fromEntries(await Promise.all(entries)) as Bag;
  }

  async plainValue(value: unknown): Promise<unknown> {
    if (isBlob(value)) return this.#read(value);
    return this.sealer.openAll(value);
  }

  async blob(value: Bag): Promise<Bag> {
    return { ...(await this.blobs.put(Buffer.from(JSON.stringify(value)))) };
  }

  async blobIfLarge(value: Bag): Promise<Bag> {
    return (await this.#smallValue(value)) as Bag;
  }

  async seal(subject: string, value: unknown): Promise<Sealed & Bag> {
    return (await this.sealer.seal(subject, value)) as Sealed & Bag;
  }

  async #storedValue(name: string, value: unknown, rule: SealingRule | undefined): Promise<unknown> {
    refuseOurForms(value);
    if (rule?.isSecret(name, value)) return this.sealer.seal(rule.subject, value);
    const inside = rule && (await this.#sealInside(value, rule));
    return this.#smallValue(inside ?? value);
  }

  /** Secrets deeper in: `args.settings.password`. */
  async #sealInside(value: unknown, rule: SealingRule): Promise<unknown> {
    if (Array.isArray(value)) return Promise.all(value.map(item => this.#sealInside(item, rule)));
    if (typeof value !== 'object' || value === null) return value;
    const entries = Object.entries(value).map(async ([name, item]) => [
      name,
      rule.isSecret(name, item) ? await this.sealer.seal(rule.subject, item) : await this.#sealInside(item, rule),
    ]);
    return Object.fromEntries(await Promise.all(entries)) as Bag;
  }

  async #smallValue(value: unknown): Promise<unknown> {
    const text = JSON.stringify(value) ?? 'null';
    return text.length > LARGE_VALUE_BYTES ? this.blobs.put(Buffer.from(text)) : value;
  }

  async #smallBag(bag: Bag): Promise<Bag> {
    const text = JSON.stringify(bag);
    return text.length > LARGE_BAG_BYTES ? { ...(await this.blobs.put(Buffer.from(text))) } : bag;
  }

  async #read(reference: BlobReference): Promise<unknown> {
    return JSON.parse(Buffer.from(await this.blobs.get(reference)).toString());
  }
}

/** What answers show in place of a secret. Written back to where one is, it means: keep it. */
export const MASK = '******';

const refuseOurForms = (value: unknown): void => {
  if (typeof value !== 'object' || value === null) return;
  if (Object.hasOwn(value, '$sealed') || Object.hasOwn(value, '$blob'))
    throw new Problem({
      code: 'request.invalid',
      title: 'A name in the request is reserved',
      detail: 'Objects must not have members named $sealed or $blob.',
    });
  for (const item of Object.values(value)) refuseOurForms(item);
};
