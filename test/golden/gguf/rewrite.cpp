// Reads a GGUF with libggml and writes it again: g++ -I ggml/include rewrite.cpp -lggml-base
#include "ggml.h"
#include "gguf.h"

int main(int, char ** argv) {
    ggml_context * data = nullptr;
    gguf_init_params params = { /*no_alloc*/ false, /*ctx*/ &data };
    gguf_context * in = gguf_init_from_file(argv[1], params);
    if (in == nullptr) return 1;
    // As llama-quantize does: a new context, all metadata, then the tensors.
    gguf_context * out = gguf_init_empty();
    gguf_set_kv(out, in);
    for (int64_t i = 0; i < gguf_get_n_tensors(in); i++) gguf_add_tensor(out, ggml_get_tensor(data, gguf_get_tensor_name(in, i)));
    return gguf_write_to_file(out, argv[2], false) ? 0 : 2;
}
