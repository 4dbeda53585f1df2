// GRPO
