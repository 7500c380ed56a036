import { describe, expect, it } from 'vitest'
import { ByteReader, ByteWriter } from './bytes.js'

describe('text in bytes', () => {
  it.each(['', '\ufeffbegins with a byte order mark', 'é\u0000🙂'])(
    'comes back whole: %j',
    (text) => {
      const out = new ByteWriter(1)
      out.text(text)
      expect(new ByteReader(out.copy(), 'a test').text(100)).toBe(text)
    },
  )
})
