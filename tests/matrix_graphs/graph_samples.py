"""Graphs with shapes that several tests look at, each with the inputs it is differentiated by."""

from symderiv.models import matrix_networks as models

GRAPHS = {
    "autoencoder": (models.autoencoder_graph, ("W_1", "W_2", "X")),
    "weight decay": (lambda: models.autoencoder_graph(True), ("W_1", "W_2", "lam")),
    "dropout": (models.dropout_loss_graph, ("w_check", "X", "y")),
    "tikhonov": (models.tikhonov_graph, ("w", "Gamma")),
    "new variables": (lambda: models.tikhonov_graph(True), ("w_tilde", "Gamma")),
    "softmax": (models.softmax_network_graph, ("W_1", "b_1", "W_2", "b_2", "X")),
    "tanh softmax": (lambda: models.softmax_network_graph(3, "tanh"), ("W_1", "b_2")),
    "recurrent": (models.matrix_rnn_graph, ("W", "U", "b", "h_0")),
    "recurrent, 5 steps": (lambda: models.matrix_rnn_graph(5), ("W",)),
}
