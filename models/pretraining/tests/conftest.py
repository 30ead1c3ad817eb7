import torch

# One thread adds in one order: equal seeds then give equal weights, and tests do not fight over cores.
torch.set_num_threads(1)
