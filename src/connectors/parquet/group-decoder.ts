/**
 * A decoder on the thread it is called from: goes through the files of a request, one row group at a time. The
 * decoder's thread runs it; tests run it directly.
 */
import { HoldfastError } from '../../base/errors.js'
import { type Files, nodeFiles } from '../../base/files.js'
import { type Chunk, packColumn } from './columns.js'
import { ParquetFile, type RowGroup } from './parquet-file.js'
import { type DecodeRequest, type Decoder, SLICE_ROWS, type Slice } from './slice.js'

/** Starts one; see {@link StartDecoder}. */
export async function startGroupDecoder(
  request: DecodeRequest,
  files: Files = nodeFiles,
): Promise<Decoder> {
  const groups = await GroupDecoder.open(request, files)
  let slices: Slice[] = []
  return {
    next: async () => {
      if (slices.length === 0) slices = (await groups.next()) ?? []
      return slices.shift()
    },
    close: () => groups.close(),
  }
}

/** Whole row groups, in order. */
export class GroupDecoder {
  readonly #request: DecodeRequest
  readonly #files: Files
  #index: number
  #file: ParquetFile | undefined
  #waiting: RowGroup[] = []

  private constructor(request: DecodeRequest, files: Files) {
    this.#request = request
    this.#files = files
    this.#index = request.file
  }

  /** Opens the first file. Throws as {@link StartDecoder} says. */
  static async open(request: DecodeRequest, files: Files): Promise<GroupDecoder> {
    const decoder = new GroupDecoder(request, files)
    await decoder.#openFile(request.row)
    return decoder
  }

  /** The slices of the next row group; `undefined` after the last. */
  async next(): Promise<Slice[] | undefined> {
    while (this.#file !== undefined) {
      const group = this.#waiting.shift()
      if (group !== undefined) return this.#slices(group, await this.#file.read(group))
      await this.close()
      this.#index++
      await this.#openFile(0)
    }
    return undefined
  }

  /** Closes the open file. */
  async close(): Promise<void> {
    await this.#file?.close()
    this.#file = undefined
  }

  /** Opens the file at the index, if there is one, and finds the groups from `row` on. */
  async #openFile(row: number): Promise<void> {
    const path = this.#request.paths[this.#index]
    if (path === undefined) return
    const file = await ParquetFile.open(this.#files, path, this.#request.columns)
    this.#file = file
    this.#waiting = file.groups.filter((group) => group.row + group.rows > row)
    if (row <= file.rows) return
    await this.close()
    throw new HoldfastError(
      'INVALID_ARGUMENT',
      `${path} has ${file.rows} rows, but the checkpoint had read ${row} of it: the file was replaced; bring the former one back`,
    )
  }

  #slices(group: RowGroup, chunks: readonly Chunk[]): Slice[] {
    const { file, row } = this.#request
    const end = group.row + group.rows
    const start = this.#index === file ? Math.max(group.row, row) : group.row
    const slices: Slice[] = []
    for (let from = start; from < end; from += SLICE_ROWS) {
      const to = Math.min(from + SLICE_ROWS, end)
      const columns = chunks.map((chunk) => ({
        name: chunk.name,
        column: packColumn(chunk, from - group.row, to - group.row),
      }))
      slices.push({ file: this.#index, row: from, rows: to - from, columns, endsGroup: to === end })
    }
    return slices
  }
}
