import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import type { Images, ImageSource, ProblemDetails, ProvidedImage } from '#domain';
import { Problem } from '#domain';
import type { Contents } from '../content.js';
import type { Checksum, Places } from '../files/download.js';
import { ChecksumWrong, download, look, SourceMissing, SourceRefused } from '../files/download.js';
import type { FileCache } from '../files/file-cache.js';
import type { Held, Holdings } from '../files/holdings.js';
import { OneAtATime } from '../files/one-at-a-time.js';
import { formatOf, ImageUnsuitable, isRaw, makeRaw } from './raw-image.js';
import { ChecksumUnknown, wantedChecksum } from './wanted-checksum.js';

export interface ImageRecord {
  /** Names the content and what was made of it. */
  readonly key: string;
  readonly diskFormat: string;
  readonly checksum: Checksum;
}

export interface ImageSettings {
  readonly places: Places;
  /** Of the HTTP server, as machines reach it, without a slash at the end. */
  readonly baseUrl: string;
  /** Whether qcow2 becomes raw here, as Ironic's `force_raw_images`. */
  readonly makeRaw: boolean;
}

type Facts = Omit<ImageRecord, 'key'>;

/** Images that machines fetch from where they are, or from here. */
export class ProvidedImages implements Images {
  readonly #turns = new OneAtATime();

  constructor(
    private readonly holdings: Holdings<ImageRecord>,
    private readonly cache: FileCache,
    private readonly settings: ImageSettings,
  ) {}

  provide(nodeId: string, source: ImageSource): Promise<ProvidedImage> {
    return this.#turns.run(nodeId, () =>
      this.#provide(nodeId, source).catch((error: unknown) => {
        throw problemOf(error);
      }),
    );
  }

  release(nodeId: string): Promise<void> {
    return this.#turns.run(nodeId, () => this.holdings.remove(nodeId));
  }

  /** `images/<secret>/image` of what is provided from here. */
  readonly contents: Contents = path => {
    const [, secret] = /^images\/([0-9a-f]{32})\/image$/.exec(path) ?? [];
    const held = secret === undefined ? undefined : this.holdings.all().find(each => each.secret === secret);
    return held && { kind: 'file', path: this.holdings.path(held, 'image') };
  };

  async #provide(nodeId: string, source: ImageSource): Promise<ProvidedImage> {
    const checksum = await wantedChecksum(source, this.settings.places);
    // No machine reads a file of ours by itself.
    if (source.download === 'local' || source.url.startsWith('file:')) return this.#local(nodeId, source, checksum);
    const { url, sizeBytes } = await look(source.url, this.settings.places);
    await this.holdings.remove(nodeId);
    return {
      url,
      ...(sizeBytes !== undefined && { sizeBytes }),
      diskFormat: source.diskFormat,
      osHashAlgo: checksum.algorithm,
      osHashValue: checksum.value,
    };
  }

  async #local(nodeId: string, source: ImageSource, checksum: Checksum): Promise<ProvidedImage> {
    const key = `${checksum.algorithm} ${checksum.value} ${source.diskFormat ?? ''} ${this.settings.makeRaw}`;
    const held = this.holdings.of(nodeId);
    if (held?.value.key === key) return this.#told(held);
    return this.#fetched(source, checksum, async (path, facts) =>
      this.#told(await this.holdings.put(nodeId, { key, ...facts }, { image: path })),
    );
  }

  /** What has a checksum is known by it, wherever it came from. */
  #fetched<T>(source: ImageSource, checksum: Checksum, use: (path: string, facts: Facts) => Promise<T>): Promise<T> {
    const name = `${checksum.algorithm} ${checksum.value}`;
    const { maxBytes } = this.cache;
    return this.cache.use(
      `image ${name}`,
      path => download(source.url, path, this.settings.places, { checksum, maxBytes }),
      async ({ path: original }) => {
        const diskFormat = await formatOf(original, source.diskFormat);
        if (isRaw(diskFormat) || !this.settings.makeRaw) return use(original, { diskFormat, checksum });
        return this.cache.use(
          `raw image ${name}`,
          async path => {
            await makeRaw(original, path, maxBytes);
            // MD5 is good enough to recognise what somebody else made, not for what is made here.
            const algorithm = checksum.algorithm === 'md5' ? 'sha256' : checksum.algorithm;
            return { diskFormat: 'raw', checksum: { algorithm, value: await digestOf(path, algorithm) } };
          },
          ({ path, facts }) => use(path, facts),
        );
      },
    );
  }

  async #told(held: Held<ImageRecord>): Promise<ProvidedImage> {
    const path = this.holdings.path(held, 'image');
    const { diskFormat, checksum } = held.value;
    return {
      url: `${this.settings.baseUrl}/images/${held.secret}/image`,
      sizeBytes: (await stat(path)).size,
      diskFormat,
      osHashAlgo: checksum.algorithm,
      osHashValue: checksum.value,
      path,
    };
  }
}

const digestOf = async (path: string, algorithm: string): Promise<string> => {
  const hash = createHash(algorithm);
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
};

const problemOf = (cause: unknown): unknown => {
  const problem = (code: ProblemDetails['code'], title: string, hint: string) =>
    new Problem({ code, title, detail: `The image: ${(cause as Error).message}.`, hint }, { cause });
  if (cause instanceof SourceMissing)
    return problem('image.missing', 'There is no such image', 'See whether this conductor can fetch image_source.');
  if (cause instanceof ChecksumWrong)
    return problem('image.checksum-wrong', 'The image is another one', 'Correct its checksum, or see who changed it.');
  if (cause instanceof SourceRefused || cause instanceof ImageUnsuitable || cause instanceof ChecksumUnknown)
    return problem('image.refused', 'The image cannot be used', 'Give another image, or say what it is.');
  return cause;
};
