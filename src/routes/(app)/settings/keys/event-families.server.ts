/** Keys are limited by event type; people choose families (`payment.*`). Both directions of that. */
import { eventSchemas } from '#lib/contracts/events/registry.ts';

const TYPES = Object.keys(eventSchemas);
const familyOf = (type: string): string => type.split('.', 1)[0] ?? type;

/** `order`, `return`, `payment`, … in the order of the contracts */
export const EVENT_FAMILIES: readonly string[] = [...new Set(TYPES.map(familyOf))];

/** Asked before {@link typesOf}: a key of no type at all would be one of every type. */
export const areFamilies = (names: readonly string[]): boolean => names.every((name) => EVENT_FAMILIES.includes(name));

/** @returns every event type of the named families */
export const typesOf = (families: readonly string[]): string[] =>
  TYPES.filter((type) => families.includes(familyOf(type)));

/** @returns `payment.*` where the whole family is there, single types else, in the order given */
export function inFamilies(types: readonly string[]): string[] {
  const whole = EVENT_FAMILIES.filter((family) => typesOf([family]).every((type) => types.includes(type)));
  return [...whole.map((family) => `${family}.*`), ...types.filter((type) => !whole.includes(familyOf(type)))];
}
