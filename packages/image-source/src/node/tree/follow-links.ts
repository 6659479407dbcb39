import { isHidden } from "../../folders/class-roots.ts";
import type { Notes } from "../../folders/notes.ts";
import type { Seen } from "../../folders/seen.ts";
import type { TreeEntry } from "./tree.ts";

/** Links in a row before one counts as leading nowhere, as in Linux. */
const MOST_LINKS = 40;

interface Node {
  readonly name: string;
  readonly parent: Node | undefined;
  readonly children: Map<string, Node>;
  /** A folder where nothing was listed. */
  entry: TreeEntry | undefined;
}

/**
 * The files and folders of a tree as one sees them who follows its links, hidden ones left out: a link to a file is that file;
 * a link to a folder is that folder, once: links to folders inside it are not followed.
 *
 * @param path - What errors begin with.
 * @throws Error naming a path that is there twice.
 */
export function followLinks(path: string, entries: readonly TreeEntry[], notes: Notes): Seen[] {
  const root = treeOf(path, entries);
  const seen: Seen[] = [];
  const visit = (folder: Node, shown: string, isLinked: boolean): void => {
    for (const child of folder.children.values()) {
      const at = shown === "" ? child.name : `${shown}/${child.name}`;
      if (isHidden(child.name)) notes.add("hidden", at);
      else show(child, at, isLinked);
    }
  };
  const show = (node: Node, at: string, isLinked: boolean): void => {
    const isLink = node.entry?.type === "link";
    const target = isLink ? resolve(root, node, MOST_LINKS) : node;
    const entry = target?.entry;
    if (target === undefined) notes.add("link", at);
    else if (entry?.type === "other") notes.add("special", at);
    else if (entry?.type === "file") seen.push({ path: at, file: { source: entry.path, size: entry.size } });
    else if (isLink && (isLinked || isAround(target, node))) notes.add("loop", at);
    else {
      seen.push({ path: at });
      visit(target, at, isLinked || isLink);
    }
  };
  visit(root, "", false);
  return seen;
}

function treeOf(path: string, entries: readonly TreeEntry[]): Node {
  const root: Node = { name: "", parent: undefined, children: new Map(), entry: undefined };
  for (const entry of entries) {
    let node = root;
    for (const name of entry.path.split("/")) {
      let child = node.children.get(name);
      if (child === undefined) {
        child = { name, parent: node, children: new Map(), entry: undefined };
        node.children.set(name, child);
      }
      node = child;
    }
    const isFolder = (one: Node): boolean => one.entry?.type === "folder" || one.children.size > 0;
    const isTwice = node.entry !== undefined || node.children.size > 0;
    if (isTwice && !(entry.type === "folder" && isFolder(node))) {
      throw new Error(`${path}: expected each name once, got '${entry.path}' twice`);
    }
    node.entry = entry;
  }
  return root;
}

/** Final target of a link; `undefined` if it leads outside, to nothing, or in a circle. */
function resolve(root: Node, link: Node, most: number): Node | undefined {
  const { target } = link.entry as TreeEntry & { type: "link" };
  if (target === undefined || most === 0) return undefined;
  let node: Node | undefined = target.startsWith("/") ? root : link.parent;
  for (const part of target.split("/")) {
    if (part === "" || part === ".") continue;
    node = part === ".." ? node?.parent : node?.children.get(part);
    if (node?.entry?.type === "link") node = resolve(root, node, most - 1);
    if (node === undefined) return undefined;
  }
  return node;
}

function isAround(folder: Node, node: Node): boolean {
  for (let one: Node | undefined = node; one !== undefined; one = one.parent) if (one === folder) return true;
  return false;
}
