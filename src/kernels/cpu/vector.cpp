// The vector tables: the same source compiled once for every instruction set, each in a namespace of its own.
#include "kernels/cpu/targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/cpu/vector.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#if TIGHTROPE_TARGET_COUNTS

#include "kernels/cpu/vector_activation.inl.h"
#include "kernels/cpu/vector_attention.inl.h"
#include "kernels/cpu/vector_elementwise.inl.h"
#include "kernels/cpu/vector_matmul.inl.h"
#include "kernels/cpu/vector_norm.inl.h"

HWY_BEFORE_NAMESPACE();
namespace tightrope::kernels::HWY_NAMESPACE {

extern const KernelTable kTable;
constinit const KernelTable kTable = {
    .isa = Isa::scalar,  // it and the codec are filled in by select.cpp, so that nothing of another layer is compiled here
    .codec = {},
    .matmul = matmul,
    .attention = {attend_floats, attend_halves},
    .rms_norm = rms_norm,
    .layer_norm = layer_norm,
    .affine = affine,
    .activations = {activate<Identity>, activate<Silu>, activate<Gelu>, activate<GeluTanh>, activate<Relu>, activate<Tanh>},
    .rope = rope,
    .add = add,
    .add_scaled = add_scaled,
    .scale = scale,
    .soft_cap = soft_cap,
    .log_sum_exp = log_sum_exp};

}  // namespace tightrope::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
