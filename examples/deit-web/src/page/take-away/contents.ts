/** What the zip file has, and which programs open it. */
export const CONTENTS: readonly { readonly file: string; readonly opens: string }[] = [
  { file: "model.safetensors", opens: "Python: transformers, keras-hub, and in the folder timm, timm." },
  { file: "onnx/", opens: "Apps, servers and pages: ONNX Runtime, transformers.js." },
  { file: "tfjs/", opens: "Pages: TensorFlow.js." },
  { file: "README.md", opens: "People: how well it does, and how to open it in each program." },
  { file: "settings.json", opens: "This page: the classes, your choices and the curves." },
];
