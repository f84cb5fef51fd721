/**
 * A folder for files that hold rows while a command runs. It is removed when its scope ends; what a killed process left is removed
 * by the next one. Errors say how much space is needed, and where.
 */
import * as fs from "node:fs"
import { hostname } from "node:os"
import { dirname, join } from "node:path"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { ScratchError } from "./ScratchError.ts"

/** A file that grows, and is read by offset. Its functions throw `ScratchError`. */
export interface ScratchFile {
  readonly path: string
  /** Writes bytes at the end and returns their offset. */
  readonly append: (bytes: Uint8Array) => number
  /** Writes bytes at an offset, also one beyond the end. */
  readonly write: (offset: number, bytes: Uint8Array) => void
  readonly read: (offset: number, length: number) => Uint8Array
  /** Closes it; it stays until its folder is removed. */
  readonly close: () => void
  /** Closes and deletes it. */
  readonly remove: () => void
}

/** A folder of this process. */
export interface Scratch {
  readonly folder: string
  /** A new file of this name. Throws `ScratchError`. */
  readonly file: (name: string) => ScratchFile
  /** Throws `ScratchError` unless the disk has room for so many bytes more. */
  readonly check: (needed: number) => void
}

const prefix = "adjoint-rows-"

/** The file that names the process of a folder. */
const owner = "owner.json"

const codeOf = (error: unknown): string =>
  error instanceof Error ? String(Reflect.get(error, "code") ?? error.message) : String(error)

const failed = (folder: string, error: unknown): ScratchError =>
  error instanceof ScratchError ? error : new ScratchError({ folder, cause: codeOf(error) })

/** Whether a process with this number exists on this machine. */
const exists = (pid: number): boolean => {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return codeOf(error) === "EPERM"
  }
}

/** Removes the folders of processes of this machine that have ended. What cannot be removed stays. */
const removeLeftovers = (base: string): void => {
  for (const name of fs.readdirSync(base)) {
    if (!name.startsWith(prefix)) continue
    const folder = join(base, name)
    try {
      const written: unknown = JSON.parse(fs.readFileSync(join(folder, owner), "utf8"))
      const { host, pid } = written as { readonly host?: unknown; readonly pid?: unknown }
      if (host === hostname() && typeof pid === "number" && !exists(pid)) fs.rmSync(folder, { recursive: true, force: true })
    } catch {
      // Another process begins or removes it, or it belongs to somebody else.
    }
  }
}

const openFile = (folder: string, name: string): ScratchFile => {
  const path = join(folder, name)
  const trying = <A>(f: () => A): A => {
    try {
      return f()
    } catch (error) {
      throw failed(folder, error)
    }
  }
  const fd = trying(() => fs.openSync(path, "wx+"))
  let size = 0
  let isOpen = true
  const close = (): void => {
    if (isOpen) fs.closeSync(fd)
    isOpen = false
  }
  const write = (offset: number, bytes: Uint8Array): void =>
    trying(() => {
      for (let at = 0; at < bytes.length; ) at += fs.writeSync(fd, bytes, at, bytes.length - at, offset + at)
      size = Math.max(size, offset + bytes.length)
    })
  return {
    path,
    append: (bytes) => {
      const offset = size
      write(offset, bytes)
      return offset
    },
    write,
    read: (offset, length) =>
      trying(() => {
        const bytes = new Uint8Array(length)
        for (let at = 0; at < length; ) {
          const count = fs.readSync(fd, bytes, at, length - at, offset + at)
          if (count === 0) throw new ScratchError({ folder, cause: `${path} is shorter than it was written` })
          at += count
        }
        return bytes
      }),
    close,
    remove: () => {
      close()
      fs.rmSync(path, { force: true })
    },
  }
}

/** Makes a folder and those above it, one after the other: Node's own recursion never ends below `/proc`. */
const makeFolder = (folder: string): void => {
  if (fs.existsSync(folder)) return
  const above = dirname(folder)
  if (above !== folder) makeFolder(above)
  try {
    fs.mkdirSync(folder)
  } catch (error) {
    // Another process may have made it.
    if (!fs.existsSync(folder)) throw error
  }
}

const create = (base: string): Scratch & { readonly remove: () => void } => {
  makeFolder(base)
  removeLeftovers(base)
  const folder = fs.mkdtempSync(join(base, prefix))
  fs.writeFileSync(join(folder, owner), JSON.stringify({ host: hostname(), pid: process.pid }))
  const files: Array<ScratchFile> = []
  return {
    folder,
    file: (name) => {
      const file = openFile(folder, name)
      files.push(file)
      return file
    },
    check: (needed) => {
      const { bavail, bsize } = fs.statfsSync(folder)
      const free = bavail * bsize
      if (free < needed) throw new ScratchError({ folder: base, cause: "ENOSPC", needed, free })
    },
    remove: () => {
      for (const file of files) file.close()
      fs.rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** A new folder in `base`, which is created, until the scope ends. Fails with `ScratchError`. */
export const make = (base: string): Effect.Effect<Scratch, ScratchError, Scope.Scope> =>
  Effect.acquireRelease(Effect.try({ try: () => create(base), catch: (error) => failed(base, error) }), ({ remove }) =>
    Effect.ignore(Effect.sync(remove)),
  )

/** Runs a function that uses a scratch folder: the `ScratchError` that it throws is a failure. */
export const using = <A>(f: () => A): Effect.Effect<A, ScratchError> =>
  Effect.suspend(() => {
    try {
      return Effect.succeed(f())
    } catch (error) {
      return error instanceof ScratchError ? Effect.fail(error) : Effect.die(error)
    }
  })
