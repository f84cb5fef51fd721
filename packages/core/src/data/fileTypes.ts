/** The types of files by name, for messages. Only regular files are read: reading a pipe or a device might not end. */
import type { File } from "effect/FileSystem"

/** The name of each type. `fileTypes.FIFO // => "named pipe"` */
export const fileTypes: { readonly [T in File.Type]: string } = {
  File: "file",
  Directory: "folder",
  SymbolicLink: "link",
  BlockDevice: "block device",
  CharacterDevice: "character device",
  FIFO: "named pipe",
  Socket: "socket",
  Unknown: "file of an unknown kind",
}
