// vitest reads only this name by itself; the projects are listed in vitest.workspace.ts
export { default } from "./vitest.workspace.ts"
