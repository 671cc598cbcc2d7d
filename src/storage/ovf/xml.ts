/**
 * The small part of XML that OVF descriptors are made of: elements, attributes, text, the five named entities and
 * numbered ones. Prefixes are cut off. Document types are refused: they are the way to attacks by entities, and no
 * descriptor has one. (A Worker has no DOMParser, and Node neither.)
 *
 * Reference: [XML] Extensible Markup Language 1.0, 2 and 3.
 */
import { damaged, ImageError } from "../formats/image-error.ts";

export interface XmlElement {
  /** Without its prefix. */
  name: string;
  attributes: Map<string, string>;
  children: XmlElement[];
  text: string;
}

const MAX_DEPTH = 64;
const MAX_ELEMENTS = 100_000;
const token = /<!--[^]*?-->|<\?[^]*?\?>|<!\[CDATA\[([^]*?)\]\]>|<(!DOCTYPE)|<\/([^\s>]+)\s*>|<([^\s/>!?]+)((?:\s+[^\s=>/]+\s*=\s*(?:"[^"<]*"|'[^'<]*'))*)\s*(\/?)>|([^<]+)/gy; // prettier-ignore
const attribute = /([^\s=]+)\s*=\s*(?:"([^"]*)"|'([^']*)')/g;

/** @returns the outermost element @throws ImageError */
export function parseXml(text: string): XmlElement {
  const document: XmlElement = { name: "", attributes: new Map(), children: [], text: "" };
  const stack = [document];
  let elements = 0;
  const source = text.replace(/^\ufeff/, "");
  token.lastIndex = 0;
  for (let match; token.lastIndex < source.length;) {
    match = token.exec(source);
    if (!match) damaged("OVF", "its description is no XML");
    const [, cdata, doctype, closing, opening, attributes, empty, plain] = match;
    const here = stack.at(-1)!;
    if (doctype) throw new ImageError("unsupported", "This OVF description has a document type; that is not read.");
    if (cdata !== undefined) here.text += cdata;
    else if (plain !== undefined) here.text += unescapeXml(plain);
    else if (closing !== undefined) {
      if (stack.length < 2 || here.name !== local(closing)) damaged("OVF", "the elements of its description are not closed rightly"); // prettier-ignore
      stack.pop();
    } else if (opening !== undefined) {
      if (++elements > MAX_ELEMENTS || stack.length > MAX_DEPTH) throw new ImageError("absurd", "This OVF description has no end."); // prettier-ignore
      const element: XmlElement = { name: local(opening), attributes: new Map(), children: [], text: "" };
      for (const [, name, double, single] of attributes!.matchAll(attribute))
        element.attributes.set(local(name!), unescapeXml(double ?? single ?? ""));
      here.children.push(element);
      if (!empty) stack.push(element);
    }
  }
  if (stack.length > 1 || document.children.length !== 1) damaged("OVF", "its description is cut short");
  return document.children[0]!;
}

const local = (name: string): string => name.slice(name.indexOf(":") + 1);

const named: Record<string, string> = { lt: "<", gt: ">", amp: "&", quot: '"', apos: "'" };

function unescapeXml(text: string): string {
  return text.replace(
    /&(?:#(\d{1,7})|#x([0-9a-fA-F]{1,6})|(\w+));/g,
    (whole, decimal?: string, hex?: string, name?: string) => {
      if (name !== undefined) return named[name] ?? whole;
      const code = decimal !== undefined ? Number(decimal) : parseInt(hex!, 16);
      return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : "";
    },
  );
}

export function escapeXml(text: string): string {
  return text.replace(/[<>&"]/g, (char) => ({ "<": "&lt;", ">": "&gt;", "&": "&amp;", '"': "&quot;" })[char]!);
}

/** All elements of a name below this one, at any depth. */
export function* elementsNamed(element: XmlElement, name: string): Generator<XmlElement> {
  for (const child of element.children) {
    if (child.name === name) yield child;
    yield* elementsNamed(child, name);
  }
}

export const childNamed = (element: XmlElement, name: string): XmlElement | undefined =>
  element.children.find((child) => child.name === name);

export const textOf = (element: XmlElement, name: string): string => childNamed(element, name)?.text.trim() ?? "";
