/**
 * How many cases of a long property a run draws: all of them with fresh seeds, and half of them otherwise, as those of properties
 * that set no number (`scripts/seed-properties.ts`).
 */
export const caseCount = (all: number): number => (process.env.PROPERTY_CASES === "all" ? all : Math.ceil(all / 2))
