// What a value of a record is; numbers, so that typed arrays hold them.

export const noCell = 0;
/** A number without fraction and exponent. */
export const integerCell = 1;
export const floatCell = 2;
export const falseCell = 3;
export const trueCell = 4;
export const stringCell = 5;
/** A string in which escapes are yet to be resolved. */
export const escapedStringCell = 6;
/** An object or array. */
export const jsonCell = 7;
/** An object or array from which white space is yet to be taken. */
export const spacedJsonCell = 8;
