/**
 * The program of an engine's worker: a module by its URL, or text. From sources it is the module beside this one. The build replaces
 * this file by one with the text of the whole program, so that no bundler has to know of a second file.
 */
export type WorkerProgram = { readonly url: string } | { readonly text: string }

export const workerProgram: WorkerProgram = { url: import.meta.url.replace(/[^/]*$/, "main.ts") }
