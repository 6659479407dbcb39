#!/bin/sh
# Runs the benchmark of a GPU from the folder that pack.ts made; arguments as main.ts. Needs Linux on x64, a driver with Vulkan, and for
# PyTorch's rows a Python with torch.
here=$(cd "$(dirname "$0")" && pwd)
# The loader of the system, or else the one that was packed.
ldconfig -p 2>/dev/null | grep -q libvulkan.so.1 || export LD_LIBRARY_PATH="$here/lib:${LD_LIBRARY_PATH:-}"
# Containers often have NVIDIA's driver and not the file that names it to the loader.
if [ -z "${VK_DRIVER_FILES:-}${VK_ICD_FILENAMES:-}" ] && ! ls /usr/share/vulkan/icd.d/nvidia* /etc/vulkan/icd.d/nvidia* >/dev/null 2>&1; then
  found=$(find /usr/local/nvidia /usr/share -name 'nvidia_icd*.json' 2>/dev/null | head -n 1)
  if [ -z "$found" ] && ldconfig -p 2>/dev/null | grep -q libGLX_nvidia.so.0; then
    found="$here/nvidia_icd.json"
    echo '{"file_format_version": "1.0.0", "ICD": {"library_path": "libGLX_nvidia.so.0", "api_version": "1.3.0"}}' >"$found"
  fi
  if [ -n "$found" ]; then export VK_ICD_FILENAMES="$found"; fi
fi
exec "$here/node" "$here/main.mjs" "$@"
