// Links of the documentation site: pages are read in the repository too, so they link to files of it by path.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, posix, relative, sep } from "node:path";
import { publicPackages, root } from "./packages.ts";

/** Address under which a file of the repository can be read, such as `https://…/blob/main`. */
const REPOSITORY = process.env.DOCS_REPOSITORY;
const NAMES = publicPackages().map(({ name }) => name);

/**
 * Where a link of a page leads on the site.
 *
 * @param page - Path of the Markdown file in the repository, with forward slashes.
 * @param href - The link as written.
 * @returns A path from the site's root, for pages and packages; an address with `https:`; undefined for a file that the site does not
 * have while `DOCS_REPOSITORY` does not say where it is.
 */
export function siteLink(page: string, href: string): string | undefined {
  if (/^([a-z]+:|#|\/)/.test(href)) return href;
  const [, file = "", hash = ""] = /^([^#]*)(#.*)?$/.exec(href)!;
  const path = posix.join(posix.dirname(page), file);
  const [, doc] = /^docs\/(.+)\.md$/.exec(path) ?? [];
  if (doc !== undefined) return `/${doc === "index" ? "" : `${doc}.html`}${hash}`;
  const [, name = ""] = /^packages\/([\w-]+)(?:\/README\.md)?\/?$/.exec(path) ?? [];
  if (NAMES.includes(name)) return `/api/modules/${name}.html${hash}`;
  return REPOSITORY === undefined ? undefined : `${REPOSITORY}/${path}${hash}`;
}

/** Links of the built pages in `folder` that lead to no file or no place in it, as `page: link`. */
export function deadLinks(folder: string): string[] {
  const texts = new Map<string, string>();
  const read = (path: string) => {
    if (!texts.has(path)) texts.set(path, readFileSync(path, "utf8"));
    return texts.get(path)!;
  };
  const hasPlace = (path: string, id: string) =>
    id === "" || !path.endsWith(".html") || read(path).includes(`id="${id}"`);
  return pagesOf(folder).flatMap((page) => {
    const links = [...read(page).matchAll(/<(?:a|img|link|script)\b[^>]*? (?:href|src)="([^"]*)"/g)];
    return [...new Set(links.map(([, link]) => link!.replaceAll("&amp;", "&")))]
      .filter((link) => link !== "" && !/^[a-z]+:|^\/\//.test(link))
      .filter((link) => {
        const [, file = "", hash = ""] = /^([^#?]*)(?:\?[^#]*)?(?:#(.*))?$/.exec(link)!;
        const base = file.startsWith("/") ? join(folder, file) : join(dirname(page), decodeURI(file));
        const path = file === "" ? page : file.endsWith("/") ? join(base, "index.html") : base;
        return !existsSync(path) || !hasPlace(path, decodeURIComponent(hash));
      })
      .map((link) => `${relative(folder, page).split(sep).join("/")}: ${link}`);
  });
}

function pagesOf(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".html"))
    .map((path) => join(folder, path));
}

/** A package's README for its page `/api/modules/<name>.html`, which has its title already: links as on the site, or text. */
export function readmeForSite(folder: string): string {
  const page = `${relative(root, folder).split(sep).join("/")}/README.md`;
  return readFileSync(join(root, page), "utf8")
    .replace(/^# .*\n/, "")
    .replaceAll(/(!?)\[([^\]]*)\]\(([^)\s]+)\)/g, (_, image, text, href) => {
      const link = siteLink(page, href);
      if (link === undefined) return text;
      return `${image}[${text}](${link.startsWith("/") ? `../..${link}` : link})`;
    });
}
