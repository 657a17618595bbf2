/**
 * Something that the server stands on cannot be used as it is: the message is a sentence that says why and what to do.
 * Adapters throw classes of their own that extend it, so that nobody has to load them all to know what is foreseen.
 */
export class Unusable extends Error {}

/** The way it was asked for is wrong; the machine and its data are not. */
export class Misconfigured extends Unusable {}
