/** It cannot be moved, or what was moved is not the same: the sentence says why. */
export class MoveRefused extends Error {}
