/** The image of an instance, as its user names it. */
export interface ImageSource {
  /** http, https or file. May carry a user and a password: never in errors or logs. */
  readonly url: string;
  /**
   * `http`: the machine downloads it from there itself, after it was seen to exist. `local`: it is downloaded, verified
   * and made raw here, and served to the machine from here.
   */
  readonly download: 'http' | 'local';
  /** md5, sha256 or sha512 in hexadecimal digits, or the URL of a file of checksums that names the image. */
  readonly checksum: string | null;
  /** What the user says of it in two fields; wins over `checksum`. */
  readonly osHashAlgo: string | null;
  readonly osHashValue: string | null;
  /** raw, qcow2 …, null where the user does not say. */
  readonly diskFormat: string | null;
}

/** The image as the machine is told of it. */
export interface ProvidedImage {
  readonly url: string;
  readonly sizeBytes?: number;
  readonly diskFormat: string | null;
  /** Of what is behind `url`, so that the machine verifies what it writes. A file of checksums has been read. */
  readonly osHashAlgo: 'md5' | 'sha256' | 'sha512';
  readonly osHashValue: string;
  /** Where it lies here, if it does. */
  readonly path?: string;
}

/** Images for machines: passed through, or cached and served. What is provided stays until it is released. */
export interface Images {
  /**
   * May be called again: the same image is not fetched twice.
   *
   * @throws Problem image.missing (nothing there) · image.checksum-wrong · image.refused (format, size, place)
   */
  provide(nodeId: string, source: ImageSource): Promise<ProvidedImage>;
  /** The node needs no image any more. Nothing provided: nothing happens. */
  release(nodeId: string): Promise<void>;
}
