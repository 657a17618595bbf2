/** Ironic's times: microseconds and `+00:00` (Ironic API reference). */
export const timestamp = (iso: string | null): string | null => iso && iso.replace('Z', '000+00:00');

/** In driver_internal_info: without a zone, UTC all the same. */
export const naiveTimestamp = (iso: string | null): string | null => iso && iso.replace('Z', '000');
