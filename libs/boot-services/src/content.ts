/** What a request is answered with. Files do not change under their name. */
export type Content =
  | { readonly kind: 'text'; readonly text: string; readonly type?: string }
  | { readonly kind: 'file'; readonly path: string };

/**
 * What is behind a path, without slashes at its beginning; nothing for most of them. Paths are looked up, never put
 * together with folders, so that no path leads out of anything.
 */
export type Contents = (path: string) => Content | undefined;

export const firstOf =
  (...all: readonly Contents[]): Contents =>
  path => {
    for (const contents of all) {
      const content = contents(path);
      if (content) return content;
    }
    return undefined;
  };
