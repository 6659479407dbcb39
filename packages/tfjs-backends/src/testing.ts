import { existsSync } from "node:fs";

/**
 * A Vulkan driver for machines without a GPU: the one that Debian's Chromium brings; the loader, `libvulkan1`, is another
 * package. A `VK_ICD_FILENAMES` of one's own, even an empty one, has its way.
 */
export function takeSwiftShader(): void {
  const driver = "/usr/lib/chromium/vk_swiftshader_icd.json";
  if (existsSync(driver)) process.env.VK_ICD_FILENAMES ??= driver;
}
