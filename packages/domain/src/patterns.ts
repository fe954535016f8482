/** Patterns and limits of a swap's fields, shared by the zod schema and the fast check so that they cannot differ. */
export const MAX_NAME_LENGTH = 128;
export const TOKEN_PATTERN = /^[A-Za-z0-9:._-]{1,128}$/;
export const AMOUNT_PATTERN = /^(?:0|[1-9]\d{0,29})(?:\.\d{1,18})?$/;
export const USD_PATTERN = /^(?:0|[1-9]\d{0,14})(?:\.\d{1,18})?$/;
export const NON_ZERO_DIGIT = /[1-9]/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is refused
export const CONTROL_CHARACTER = /[\u0000-\u001f\u007f]/; // oxlint-disable-line no-control-regex

/** An 0x address that stands alone or behind a prefix such as `1:`, with a capital somewhere in it. */
const ADDRESS_PART = /^0x[0-9a-f]+$/i;
const CAPITAL = /[A-Z]/;

export function hasUnnormalisedAddress(text: string): boolean {
  if (!CAPITAL.test(text)) return false;
  return text.split(':').some((part) => ADDRESS_PART.test(part) && CAPITAL.test(part));
}
