/** What to do when a query or table has other columns than were described: it is described again with the next request. */
export const changedColumnsHint = "Try again: the next export has the new columns.";
