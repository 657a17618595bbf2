// Times are ISO 8601 texts in UTC with milliseconds: they sort as they are. Nothing here asks a clock.

export const later = (iso: string, ms: number): string => isoOf(msOf(iso) + ms);
export const msOf = (iso: string): number => Date.parse(iso);
export const isoOf = (ms: number): string => new Date(ms).toISOString();
