/**
 * How many cases of a long property a run draws: all of them with fresh seeds (`pnpm fresh-seeds` sets `PROPERTY_CASES=all`), and
 * half of them otherwise. Continuous integration draws the same cases each time, so more of them would find nothing new the next day.
 */
export const caseCount = (all: number): number => (process.env.PROPERTY_CASES === "all" ? all : Math.ceil(all / 2))
