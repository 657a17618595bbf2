/** Told now and then how far it is. */
export type Progress = (what: 'keys' | 'blobs' | 'events' | 'verified', done: number, total: number) => void;
