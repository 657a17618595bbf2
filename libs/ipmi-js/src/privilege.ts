/** Privilege levels in rising order (IPMI 2.0, section 6.8); the number on the wire is the place in the list plus one. */
const LEVELS = ['callback', 'user', 'operator', 'administrator', 'oem'] as const;

export type Privilege = (typeof LEVELS)[number];

export const privilegeNumber = (privilege: Privilege): number => LEVELS.indexOf(privilege) + 1;

/** Undefined for numbers that name no level. */
export const privilegeOf = (number: number): Privilege | undefined => LEVELS[number - 1];
