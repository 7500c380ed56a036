/**
 * Codecs generated for one schema each, so that every call and every member access in them sees one shape and is
 * compiled for it. As in Protostuff, Avro's and Flink's generated serializers, but no text of a schema or of a value
 * ever becomes source: the source is made of numbers; names and codecs come in as arguments.
 */
import { type Codec, refuse } from './codec.js'
import { type FieldCodec, othersRefuser } from './part-codecs.js'
import { isRecord, memberOf } from './schema-fit.js'

/** Records of more members would make functions that are too long to be compiled well. */
const FIELDS_MAX = 200

/** Makes functions unequal in source: the engine keeps what it learns of types per source. */
let serial = 0

/** Whether this process may turn text into code (`--disallow-code-generation-from-strings`). */
export function mayGenerate(): boolean {
  try {
    generated('', [])
    return true
  } catch {
    return false
  }
}

/** A codec for a record; `undefined` if it has too many members for one. */
export function generatedRecord(fields: readonly FieldCodec[]): Codec | undefined {
  if (fields.length > FIELDS_MAX) return undefined
  const each = (line: (index: number) => string): string =>
    fields.map((_, index) => line(index)).join('')
  const take = (index: number): string => {
    const inherited = (fields[index] as FieldCodec).name in Object.prototype
    return inherited ? `member(v,k${index})` : `v[k${index}]`
  }
  const source = `
const [names,fields,plain,proto,isRecord,refuse,others,member]=a
${each((i) => `const k${i}=names[${i}],w${i}=fields[${i}].codec.write,r${i}=fields[${i}].codec.read\n`)}
return{
write(o,v){
if(typeof v!=='object'||v===null||proto(v)!==plain&&!isRecord(v))refuse()
let i=0
for(const n in v)if(n!==names[i++]){others(v);break}
${each((i) => `w${i}(o,${take(i)})\n`)}},
read(c){return{${each((i) => `[k${i}]:r${i}(c),`)}}}
}`
  const names = fields.map((field) => field.name)
  const plain = Object.prototype
  const proto = Object.getPrototypeOf
  const others = othersRefuser(names)
  return generated(source, [names, fields, plain, proto, isRecord, refuse, others, memberOf])
}

/** A codec for an array. */
export function generatedArray(of: Codec): Codec {
  const source = `
const [{write:w,read:r},isArray,refuse]=a
return{
write(o,v){
if(!isArray(v))refuse()
o.varint(v.length)
for(let i=0;i<v.length;i++)w(o,v[i])
},
read(c){
const n=c.count(),v=[]
for(let i=0;i<n;i++)v.push(r(c))
return v
}
}`
  return generated(source, [of, Array.isArray, refuse])
}

/** A codec for something or its absence. */
export function generatedAbsent(of: Codec, absent: undefined | null): Codec {
  const source = `
const [{write:w,read:r},absent]=a
return{
write(o,v){if(v===absent)o.u8(0);else{o.u8(1);w(o,v)}},
read(c){const b=c.u8();return b===0?absent:b===1?r(c):c.fail('presence '+b)}
}`
  return generated(source, [of, absent])
}

function generated(source: string, values: readonly unknown[]): Codec {
  const make = new Function('a', `'use strict'// ${serial++}\n${source}`) as (
    values: readonly unknown[],
  ) => Codec
  return make(values)
}
