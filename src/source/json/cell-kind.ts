// The kinds of a record's values. They are numbers, so that typed arrays can hold them.

export const noCell = 0;
/** A number without fraction and exponent. */
export const integerCell = 1;
export const floatCell = 2;
export const falseCell = 3;
export const trueCell = 4;
export const stringCell = 5;
/** A string with escapes that must be resolved. */
export const escapedStringCell = 6;
/** An object or array. */
export const jsonCell = 7;
/** An object or array with white space that must be removed. */
export const spacedJsonCell = 8;
