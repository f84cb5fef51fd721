/** Where fetched datasets are kept. */
import { homedir } from "node:os"
import { isAbsolute, join } from "node:path"

type Environment = { readonly [name: string]: string | undefined }

/**
 * The folder of fetched datasets: `$XDG_CACHE_HOME/adjoint/data`, or `~/.cache/adjoint/data`. A relative `XDG_CACHE_HOME` is
 * ignored, as its specification demands.
 *
 * `cacheOf({ XDG_CACHE_HOME: "/cache" }) // => "/cache/adjoint/data"`
 */
export const cacheOf = ({ XDG_CACHE_HOME: cache }: Environment): string =>
  join(cache !== undefined && isAbsolute(cache) ? cache : join(homedir(), ".cache"), "adjoint", "data")

/** The user's own folder of datasets, which is used in place of the network; undefined if there is none. */
export const ownFolderOf = ({ ADJOINT_DATA: own }: Environment): string | undefined => (own === "" ? undefined : own)

/**
 * The addresses of a file: its own, or those of `ADJOINT_MIRROR`, a server with a folder for each dataset.
 *
 * `addressesOf({ ADJOINT_MIRROR: "http://here/data" }, "iris", { name: "iris.csv", addresses: [] }) // => ["http://here/data/iris/iris.csv"]`
 */
export const addressesOf = (
  { ADJOINT_MIRROR: mirror }: Environment,
  dataset: string,
  { addresses, name }: { readonly name: string; readonly addresses: ReadonlyArray<string> },
): ReadonlyArray<string> =>
  mirror === undefined || mirror === "" ? addresses : [`${mirror.replace(/\/+$/, "")}/${dataset}/${name}`]
