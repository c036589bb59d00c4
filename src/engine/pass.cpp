// The small steps of a forward pass.
#include "engine/pass.h"

#include <algorithm>

#include "base/error.h"

namespace tightrope::engine {
namespace {

struct ActivationRow {
  model::Activation named;
  kernels::Activation kernel;
};
constexpr ActivationRow kActivations[] = {{model::Activation::silu, kernels::Activation::silu},
                                          {model::Activation::gelu, kernels::Activation::gelu},
                                          {model::Activation::gelu_tanh, kernels::Activation::gelu_tanh},
                                          {model::Activation::relu, kernels::Activation::relu},
                                          {model::Activation::tanh, kernels::Activation::tanh}};

void show(const LinearObserver& observer, const LinearCall& call) {
  const std::size_t width = call.layer.in;
  const std::string name =
      call.rows == 0 ? call.layer.name : fmt::format("{}[{}]", call.layer.name, call.first_row / std::max<std::size_t>(1, call.rows));
  if (call.stride() == width) return observer(name, {call.x, call.tokens * width}, call.tokens);
  std::vector<float> packed(call.tokens * width);
  for (std::size_t t = 0; t < call.tokens; ++t) std::copy_n(call.x + t * call.stride(), width, packed.data() + t * width);
  observer(name, packed, call.tokens);
}

}  // namespace

kernels::ActivationFunction activation_of(const kernels::KernelTable& kernels, model::Activation activation) {
  const auto found =
      std::find_if(std::begin(kActivations), std::end(kActivations), [&](const ActivationRow& row) { return row.named == activation; });
  return found == std::end(kActivations) ? nullptr : kernels.activations[static_cast<std::size_t>(found->kernel)];
}

void Pass::normalise(const NormLayer& norm, const float* x, float* y, std::size_t rows) const {
  if (!norm.present()) return;
  const std::size_t width = norm.weight.size();
  const float* bias = norm.bias.empty() ? nullptr : norm.bias.data();
  const auto epsilon = static_cast<float>(config().norm_epsilon);
  const kernels::NormFunction function = kernels().*norm.function;
  for_each(rows, [&](std::size_t row) { function({x + row * width, norm.weight.data(), bias, y + row * width, width, epsilon}); });
}

void Pass::add(float* x, const float* y, const NormLayer& norm, std::size_t rows, std::size_t width) const {
  const float* bias = norm.bias.empty() ? nullptr : norm.bias.data();
  const auto epsilon = static_cast<float>(config().norm_epsilon);
  for_each(rows, [&](std::size_t row) {
    float* sum = x + row * width;
    kernels().add(sum, y + row * width, width);
    if (norm.present()) (kernels().*norm.function)({sum, norm.weight.data(), bias, sum, width, epsilon});
  });
}

void Pass::project(std::span<const LinearCall> calls) const {
  if (observers.linear)
    for (const LinearCall& call : calls) show(observers.linear, call);
  apply(runtime, work.prepared, calls);
}

void Pass::show_hidden(std::size_t index, const float* hidden) const {
  if (observers.hidden) observers.hidden(index, {hidden, tokens() * config().model}, tokens());
}

}  // namespace tightrope::engine
