/**
 * Faults for the command as a process: a module to load before it, which counts the operations that change files under a
 * folder, and before one of them kills the process or fails as a full disk does.
 */

export interface Fault {
  /** Only operations under a path with this in it count. */
  readonly under: string
  /** `kill` ends the process as `kill -9` does; anything else is the code of the error, such as `ENOSPC`. */
  readonly what: "kill" | "ENOSPC" | "EROFS" | "EACCES"
  /** The operation that is hit, counted from 1; none is by 0. A write that is hit has written half. */
  readonly at: number
  /** Only operations on paths that match count. */
  readonly matching?: string
  /** Only operations of this name count. */
  readonly only?: "rm" | "rename" | "write"
  /** An error hits all operations from there on. */
  readonly lasts?: boolean
}

const program = (fault: Fault): string => `
import fs from "node:fs"
import { syncBuiltinESMExports } from "node:module"
const { at, lasts = false, matching = "", only, under, what } = ${JSON.stringify(fault)}
const pattern = new RegExp(matching)
const counts = (path) => typeof path === "string" && path.includes(under) && pattern.test(path)
const messages = { ENOSPC: "no space left on device", EROFS: "read-only file system", EACCES: "permission denied" }
const open = new Map()
const openSynced = new Map()
let count = 0
const hit = (name, path, half) => {
  if (only !== undefined && only !== name) return undefined
  count++
  if (count !== at && !(lasts && at > 0 && count > at)) return undefined
  half?.()
  if (what === "kill") process.kill(process.pid, "SIGKILL")
  return Object.assign(new Error(what + ": " + messages[what] + ", " + name), { code: what, errno: -1, syscall: name, path })
}
const wrap = (name, pathOf, half) => {
  const original = fs[name]
  fs[name] = (...args) => {
    const path = pathOf(args)
    const error = path === undefined ? undefined : hit(name, path, () => half?.(args))
    return error === undefined ? original.apply(fs, args) : process.nextTick(args.at(-1), error)
  }
}
const first = ([path]) => (counts(path) ? path : undefined)
const second = ([, path]) => (counts(path) ? path : undefined)
wrap("mkdir", first)
wrap("rm", ([path]) => (counts(path) && fs.existsSync(path) ? path : undefined))
for (const name of ["rename", "copyFile", "cp"]) wrap(name, second)
const ofFile = ([fd]) => open.get(fd)
wrap("write", ofFile, ([fd, bytes]) => fs.writeSync(fd, bytes.subarray(0, bytes.length >> 1)))
wrap("fsync", ofFile)
wrap("writeFile", first, ([path, data, options]) => fs.appendFileSync(path, data.subarray?.(0, data.length >> 1) ?? ""))
const { openSync, writeSync } = fs
fs.openSync = (path, flags, ...rest) => {
  const error = counts(path) && flags !== "r" ? hit("open", path) : undefined
  if (error !== undefined) throw error
  const fd = openSync(path, flags, ...rest)
  if (counts(path)) openSynced.set(fd, path)
  return fd
}
fs.writeSync = (fd, bytes, ...rest) => {
  const path = openSynced.get(fd)
  const error = path === undefined ? undefined : hit("write", path)
  if (error !== undefined) throw error
  return writeSync(fd, bytes, ...rest)
}
const { close, open: openFile } = fs
fs.open = (path, flags, ...rest) => {
  if (!counts(path) || flags === "r") return openFile(path, flags, ...rest)
  const error = hit("open", path)
  if (error !== undefined) return process.nextTick(rest.at(-1), error)
  const done = rest.pop()
  return openFile(path, flags, ...rest, (failed, fd) => {
    if (fd !== undefined) open.set(fd, path)
    done(failed, fd)
  })
}
fs.close = (fd, ...rest) => {
  open.delete(fd)
  return close(fd, ...rest)
}
syncBuiltinESMExports()
if (process.env.ADJOINT_COUNT !== undefined)
  process.on("exit", () => count > 0 && fs.writeFileSync(process.env.ADJOINT_COUNT, String(count)))
`

/** Flags for Node that load the fault before the command. With `ADJOINT_COUNT` set, the number of operations goes to that file. */
export const faulty = (fault: Fault): ReadonlyArray<string> => [
  "--import",
  `data:text/javascript,${encodeURIComponent(program(fault))}`,
]
