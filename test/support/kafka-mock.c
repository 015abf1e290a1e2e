/* A Kafka cluster in memory that speaks the protocol over TCP: librdkafka's own mock, told what to do by lines on stdin. */
#include <stdio.h>
#include <string.h>
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

int main(int argc, char **argv) {
  char error[512], line[256];
  rd_kafka_t *client = rd_kafka_new(RD_KAFKA_PRODUCER, rd_kafka_conf_new(), error, sizeof error);
  if (client == NULL) return fprintf(stderr, "%s\n", error), 1;
  rd_kafka_mock_cluster_t *cluster = rd_kafka_mock_cluster_new(client, 1);
  if (cluster == NULL) return fprintf(stderr, "no cluster\n"), 1;
  for (int i = 1; i < argc; i++) rd_kafka_mock_topic_create(cluster, argv[i], 2, 1);
  printf("%s\n", rd_kafka_mock_cluster_bootstraps(cluster));
  fflush(stdout);
  while (fgets(line, sizeof line, stdin) != NULL) {
    if (strcmp(line, "down\n") == 0) rd_kafka_mock_broker_set_down(cluster, 1);
    else if (strcmp(line, "up\n") == 0) rd_kafka_mock_broker_set_up(cluster, 1);
    else if (strcmp(line, "few replicas\n") == 0)
      rd_kafka_mock_push_request_errors(cluster, 0, 1, RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS);
    else if (strcmp(line, "too large\n") == 0)
      rd_kafka_mock_push_request_errors(cluster, 0, 1, RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE);
    printf("done\n");
    fflush(stdout);
  }
  rd_kafka_mock_cluster_destroy(cluster);
  rd_kafka_destroy(client);
  return 0;
}
